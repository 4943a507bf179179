"""Gradual unfreezing: from the head downwards, some blocks more in every epoch."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from torch import nn

from ..models.network import Network
from .base import Adapted, Method, factors_by_depth

__all__ = ["Gradual"]


class Gradual(Method):
    """Gradual unfreezing: the head learns first, then the blocks join in from the top."""

    kind: Literal["gradual"] = "gradual"
    learning_rate: ClassVar[float] = 2e-4
    epochs: ClassVar[int] = 5
    blocks_per_epoch: int = Field(2, ge=1)
    """How many blocks join in at the start of each epoch after the first."""
    layer_decay: float = Field(1 / 2.6, gt=0, le=1)
    """Learning rate of each block, as a multiple of the one above it."""
    head_factor: float = Field(10.0, gt=0)
    """Learning rate of the new head, as a multiple of the top block's."""

    def apply(self, network: Network) -> Adapted:
        return _Unfreezing(network, self)


class _Unfreezing(Adapted):
    """ULMFiT's gradual unfreezing and discriminative rates (Howard & Ruder 2018, sections 3.2 and 3.3)."""

    def __init__(self, network: Network, method: Gradual) -> None:
        scales = factors_by_depth(network, method.layer_decay, method.head_factor)
        super().__init__(network, scales=scales)
        self._blocks_per_epoch = method.blocks_per_epoch
        self._still_frozen: tuple[nn.Module, ...] = ()
        self.enter_epoch(0)

    def enter_epoch(self, epoch: int) -> None:
        anatomy = self.network.anatomy
        frozen = len(anatomy.blocks) - epoch * self._blocks_per_epoch
        # The embeddings join in with the lowest block.
        self._still_frozen = anatomy.frozen_below(frozen if frozen > 0 else -1)
        self.network.requires_grad_(True)
        for module in self._still_frozen:
            module.requires_grad_(False)

    def trainable(self) -> dict[str, nn.Parameter]:
        return dict(self.network.named_parameters())

    @property
    def trunk_frozen(self) -> bool:
        return False

    def train_mode(self) -> None:
        self.network.train()
        for module in self._still_frozen:
            module.eval()
