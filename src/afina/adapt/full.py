"""Full fine-tuning."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..models.network import Network
from .base import Adapted, Method

__all__ = ["Full"]


class Full(Method):
    """Full fine-tuning: every weight of the network learns."""

    kind: Literal["full"] = "full"
    learning_rate: ClassVar[float] = 1e-4
    epochs: ClassVar[int] = 3
    head_factor: float = Field(10.0, gt=0)
    """Learning rate of the new head, as a multiple of the trunk's: the head starts from nothing."""

    def apply(self, network: Network) -> Adapted:
        network.requires_grad_(True)
        return Adapted(
            network, scales={f"head.{name}": self.head_factor for name, _ in network.head.named_parameters()}
        )
