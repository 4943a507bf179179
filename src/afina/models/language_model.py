"""A network that says which token comes next."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..errors import ModelError
from ..language import _
from .network import Network
from .token_loss import token_losses

__all__ = ["LanguageModel"]


class LanguageModel(Network):
    """trunk -> pretrained head over the vocabulary, which often is the table of word embeddings itself.

    Args:
        whole: a causal language model of transformers. It stays whole: its parts are the trunk and the head.

    Raises ModelError where its scores are not ``W h + b`` of what its trunk says, capped or not: some
    architectures scale them in ways of their own.
    """

    new_head: ClassVar[bool] = False
    # In training nothing is read again, so keys and values are not kept.
    options: ClassVar[dict[str, Any]] = {"use_cache": False}

    def __init__(self, whole: Any) -> None:
        head = whole.get_output_embeddings()
        super().__init__(whole.base_model, head)
        # In a tuple, so that no parameter is found twice.
        self._whole = (whole,)
        self.trunk_path = f"{whole.base_model_prefix}."
        self.softcap: float | None = getattr(whole.config, "final_logit_softcapping", None)
        if type(head) is not nn.Linear or not self._is_understood():
            raise ModelError(
                _("{name} computes its scores in a way that is not known here.").format(
                    name=type(whole).__name__
                )
            )

    @property
    def whole(self) -> Any:
        """The model of transformers, with what was learnt: to generate with, and to be saved."""
        return self._whole[0]

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

    @torch.no_grad()
    def _is_understood(self) -> bool:
        """Whether our losses of some tokens are those that follow from the model's own scores."""
        training = self.whole.training
        self.whole.eval()
        try:
            ids = torch.arange(1, 5, device=self.head.weight.device).unsqueeze(0)
            inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            places = torch.arange(3, device=ids.device)
            found = self(
                owners=torch.zeros_like(places), places=places, targets=ids[0, 1:],
                counts=torch.ones(3, device=ids.device), **inputs,
            )  # fmt: skip
            scores = self.whole(**inputs).logits[0, :-1].float()
        finally:
            self.whole.train(training)
        expected = nn.functional.cross_entropy(scores, ids[0, 1:], reduction="none")
        return torch.allclose(found.float(), expected, rtol=1e-3, atol=1e-3)
