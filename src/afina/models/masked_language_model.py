"""A network that says which tokens stand behind masks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..errors import ModelError
from ..language import _
from .network import Network
from .token_loss import token_losses

__all__ = ["MaskedLanguageModel"]


class MaskedLanguageModel(Network):
    """trunk -> what stands between trunk and vocabulary -> head over the vocabulary.

    Args:
        whole: a masked language model of transformers. It stays whole: its parts are the trunk, the head and
            what is between.
        new: names of the tensors that start from nothing, as the model came without them.

    Raises ModelError where its scores are not ``W g(h) + b`` of what its trunk says, with g token by token.
    """

    new_head: ClassVar[bool] = False

    def __init__(self, whole: Any, new: tuple[str, ...] = ()) -> None:
        head = whole.get_output_embeddings()
        super().__init__(whole.base_model, head)
        # In a tuple, so that no parameter is found twice.
        self._whole = (whole,)
        self.trunk_path = f"{whole.base_model_prefix}."
        #: What is neither trunk nor head; and the head once more, which is inside.
        self.between = nn.ModuleDict(
            {name: child for name, child in whole.named_children() if child is not whole.base_model}
        )
        named = whole.named_parameters(remove_duplicate=False)
        self.starts = tuple({id(p): p for name, p in named if name in new}.values())
        if type(head) is not nn.Linear or not self._is_understood():
            raise ModelError(
                _("{name} computes its scores in a way that is not known here.").format(
                    name=type(whole).__name__
                )
            )

    @property
    def whole(self) -> Any:
        """The model of transformers, with what was learnt: to be used, and to be saved."""
        return self._whole[0]

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

    @property
    def _head_path(self) -> str:
        path: str = next(name for name, module in self.whole.named_modules() if module is self.head)
        return path

    @torch.no_grad()
    def _is_understood(self) -> bool:
        """Whether our losses of some tokens are those that follow from the model's own scores."""
        training = self.whole.training
        self.whole.eval()
        try:
            ids = torch.arange(1, 5, device=self.head.weight.device).unsqueeze(0)
            inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            places = torch.arange(4, device=ids.device)
            scores = self.whole(**inputs).logits[0].float()
            found = self(
                owners=torch.zeros_like(places), places=places, targets=ids[0],
                counts=torch.ones(4, device=ids.device), **inputs,
            )  # fmt: skip
        finally:
            self.whole.train(training)
        expected = nn.functional.cross_entropy(scores, ids[0], reduction="none")
        return torch.allclose(found.float(), expected, rtol=1e-3, atol=1e-3)


class _Says(nn.Module):
    """Answers with the hidden states that it was given."""

    def __init__(self, hidden: Tensor) -> None:
        super().__init__()
        self.hidden = hidden.unsqueeze(0)

    def forward(self, *_args: Any, **_kwargs: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutput

        return BaseModelOutput(last_hidden_state=self.hidden)
