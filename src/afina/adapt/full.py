"""Full fine-tuning."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..models.network import Network
from .base import Adapted, Method, factors_by_depth

__all__ = ["Full"]


class Full(Method):
    """Full fine-tuning: every weight of the network learns."""

    kind: Literal["full"] = "full"
    learning_rate: ClassVar[float] = 1e-4
    epochs: ClassVar[int] = 3
    head_factor: float = Field(10.0, gt=0)
    """Learning rate of the new head, as a multiple of the trunk's: the head starts from nothing."""

    layer_decay: float = Field(1.0, gt=0, le=1)
    """Learning rate of each block, as a multiple of the one above it: below 1, the lower a block, the less it
    changes. The top block has the full rate."""

    def apply(self, network: Network) -> Adapted:
        network.requires_grad_(True)
        return Adapted(network, scales=factors_by_depth(network, self.layer_decay, self.head_factor))
