"""A network that says which token comes next."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from .token_loss import token_losses
from .vocabulary import VocabularyNetwork

__all__ = ["LanguageModel"]


class LanguageModel(VocabularyNetwork):
    """trunk -> pretrained head over the vocabulary, which often is the table of word embeddings itself.

    Args:
        whole: a causal language model of transformers. It stays whole: its parts are the trunk and the head.

    Raises ModelError where its scores are not ``W h + b`` of what its trunk says, capped or not: some
    architectures scale them in ways of their own.
    """

    ahead: ClassVar[int] = 1
    # In training nothing is read again, so keys and values are not kept.
    options: ClassVar[dict[str, Any]] = {"use_cache": False}

    def __init__(self, whole: Any) -> None:
        super().__init__(whole)
        self.softcap: float | None = getattr(whole.config, "final_logit_softcapping", None)
        self.check()

    def forward(
        self, *, owners: Tensor, places: Tensor, targets: Tensor, counts: Tensor, **inputs: Any
    ) -> Tensor:
        """(M,) weighted losses of the labelled tokens; see :func:`~afina.models.token_loss.token_losses`.

        Args:
            owners: (M,) int64, the row of each labelled token.
            places: (M,) int64, the place in that row of the token *before* it, which predicts it.
            targets: (M,) int64, the token itself.
            counts: (M,) how much it counts.
        """
        hidden = self.hidden(**inputs)[owners, places]
        return token_losses(
            hidden, self.head.weight, targets, counts, bias=self.head.bias, softcap=self.softcap
        )
