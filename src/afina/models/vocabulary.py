"""What networks have in common whose pretrained head says which token is likely."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..errors import ModelError
from ..language import _
from .network import Network

__all__ = ["VocabularyNetwork"]


class VocabularyNetwork(Network):
    """Base of trunk -> pretrained head over the vocabulary. Its forward gives the losses of labelled tokens.

    Args:
        whole: a language model of transformers. It stays whole: its parts are the trunk and the head.
        trunk: what is not its head, where it has no such part by itself.
    """

    new_head: ClassVar[bool] = False
    ahead: ClassVar[int]
    """How many places before the token itself stands what predicts it."""

    def __init__(self, whole: Any, trunk: nn.Module | None = None) -> None:
        super().__init__(whole.base_model if trunk is None else trunk, whole.get_output_embeddings())
        # In a tuple, so that no parameter is found twice.
        self._whole = (whole,)
        self.trunk_path = f"{whole.base_model_prefix}." if trunk is None else ""

    @property
    def whole(self) -> Any:
        """The model of transformers, with what was learnt: to be used, and to be saved."""
        return self._whole[0]

    def answer(self, targets: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What else is needed so that ``targets`` (M,) are predicted: by this network, and by the whole."""
        return {}, {}

    def check(self) -> None:
        """Raises ModelError unless our losses of some tokens are those of the model's own scores."""
        if type(self.head) is not nn.Linear or not self._is_understood():
            raise ModelError(
                _("{name} computes its scores in a way that is not known here.").format(
                    name=type(self.whole).__name__
                )
            )

    @torch.no_grad()
    def _is_understood(self) -> bool:
        training = self.whole.training
        self.whole.eval()
        try:
            ids = torch.arange(1, 5, device=self.head.weight.device).unsqueeze(0)
            inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            targets = ids[0, self.ahead :]
            places = torch.arange(len(targets), device=ids.device)
            ours, theirs = self.answer(targets)
            found = self(
                owners=torch.zeros_like(places), places=places, targets=targets,
                counts=torch.ones(len(targets), device=ids.device), **inputs, **ours,
            )  # fmt: skip
            scores = self.whole(**inputs, **theirs).logits[0, places].float()
        finally:
            self.whole.train(training)
        expected = nn.functional.cross_entropy(scores, targets, reduction="none")
        return torch.allclose(found.float(), expected, rtol=1e-3, atol=1e-3)
