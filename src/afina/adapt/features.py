"""Transfer by features: the trunk is frozen and only a linear head is learnt on its output."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..models.network import Network
from .base import Adapted, Method

__all__ = ["Features"]


class Features(Method):
    """Features: the pretrained network stays as it was, only a linear head learns."""

    kind: Literal["features"] = "features"
    trains_head: ClassVar[bool] = True
    learning_rate: ClassVar[float] = 1e-2
    epochs: ClassVar[int] = 20
    head: Literal["closed_form", "trained"] = "closed_form"
    """How the head is found: in one go, by logistic regression for labels and by ridge regression for
    numbers, or trained step by step like the other methods, as that for tags of words always is."""
    c: tuple[float, ...] = Field((0.001, 0.01, 0.1, 1.0), min_length=1)
    """Inverse strengths of regularisation that are tried in one go; the dev split chooses."""

    def apply(self, network: Network) -> Adapted:
        network.freeze()
        return Adapted(
            network,
            frozen_blocks=len(network.anatomy.blocks),
            closed_form=self.c if self.head == "closed_form" and network.pools else None,
        )
