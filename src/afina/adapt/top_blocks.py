"""Fine-tuning of the top blocks only."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method

__all__ = ["TopBlocks"]


class TopBlocks(Method):
    """Top blocks: the last blocks and the head learn, the rest stays as it was."""

    kind: Literal["top_blocks"] = "top_blocks"
    learning_rate: ClassVar[float] = 2e-4
    epochs: ClassVar[int] = 4
    blocks: int = Field(2, ge=1)
    """How many blocks learn, counted from the top."""
    head_factor: float = Field(5.0, gt=0)
    """Learning rate of the new head, as a multiple of the blocks'."""

    def apply(self, network: Network) -> Adapted:
        anatomy = network.anatomy
        depth = len(anatomy.blocks)
        if self.blocks > depth:
            raise RecipeError(
                _("this network has {depth} blocks (got {blocks}).").format(depth=depth, blocks=self.blocks),
                where="adapt.blocks",
                fix=_("Give at most {depth}, or use 'full'.").format(depth=depth),
            )
        network.freeze()
        for module in (*anatomy.blocks[depth - self.blocks :], *anatomy.after):
            module.requires_grad_(True)
        return Adapted(
            network,
            frozen_blocks=depth - self.blocks,
            scales={f"head.{name}": self.head_factor for name, _p in network.head.named_parameters()},
        )
