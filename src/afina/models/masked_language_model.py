"""A network that says which tokens stand behind masks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from .token_loss import token_losses
from .vocabulary import VocabularyNetwork

__all__ = ["MaskedLanguageModel"]


class MaskedLanguageModel(VocabularyNetwork):
    """trunk -> what stands between trunk and vocabulary -> head over the vocabulary.

    Args:
        whole: a masked language model of transformers. It stays whole: its parts are the trunk, the head and
            what is between.
        new: names of the tensors that start from nothing, as the model came without them.

    Raises ModelError where its scores are not ``W g(h) + b`` of what its trunk says, with g token by token.
    """

    ahead: ClassVar[int] = 0

    def __init__(self, whole: Any, new: tuple[str, ...] = ()) -> None:
        super().__init__(whole)
        #: What is neither trunk nor head; and the head once more, which is inside.
        self.between = nn.ModuleDict(
            {name: child for name, child in whole.named_children() if child is not whole.base_model}
        )
        named = whole.named_parameters(remove_duplicate=False)
        self.starts = tuple({id(p): p for name, p in named if name in new}.values())
        self._head_path: str = next(name for name, part in whole.named_modules() if part is self.head)
        self.check()

    def freeze(self) -> None:
        """Nothing learns any more but the tensors that start from nothing."""
        self.requires_grad_(False)
        for parameter in self.starts:
            parameter.requires_grad_(True)

    def forward(
        self, *, owners: Tensor, places: Tensor, targets: Tensor, counts: Tensor, **inputs: Any
    ) -> Tensor:
        """(M,) weighted losses of the tokens to be found; see
        :func:`~afina.models.token_loss.token_losses`.

        Args:
            owners: (M,) int64, the row of each of them.
            places: (M,) int64, its place in the row.
            targets: (M,) int64, the token itself.
            counts: (M,) how much it counts.
        """
        hidden = self._before_head(self.hidden(**inputs)[owners, places])
        return token_losses(hidden, self.head.weight, targets, counts, bias=self.head.bias)

    def _before_head(self, hidden: Tensor) -> Tensor:
        """(M, H) of the trunk -> (M, H) that the head reads."""
        with self._standing_in(hidden) as whole:
            said: Tensor = whole(input_ids=hidden.new_zeros(1, 1, dtype=torch.int64)).logits
        return said[0]

    @contextmanager
    def _standing_in(self, hidden: Tensor) -> Iterator[Any]:
        """Inside, the trunk says ``hidden`` whatever it is asked, and the head passes on what it reads."""
        whole, path = self.whole, self._head_path
        whole._modules[whole.base_model_prefix] = _Says(hidden)
        whole.set_submodule(path, nn.Identity())
        try:
            yield whole
        finally:
            whole._modules[whole.base_model_prefix] = self.trunk
            whole.set_submodule(path, self.head)


class _Says(nn.Module):
    """Answers with the hidden states that it was given."""

    def __init__(self, hidden: Tensor) -> None:
        super().__init__()
        self.hidden = hidden.unsqueeze(0)

    def forward(self, *_args: Any, **_kwargs: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutput

        return BaseModelOutput(last_hidden_state=self.hidden)
