"""Fine-tuning of the normalisation layers only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field
from torch import nn

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method, frozen_blocks

__all__ = ["Norms"]


class Norms(Method):
    """Norms: only the layers that scale the network's numbers learn, and the head."""

    kind: Literal["norms"] = "norms"
    learning_rate: ClassVar[float] = 1e-3
    epochs: ClassVar[int] = 4
    head_factor: float = Field(5.0, gt=0)
    """Learning rate of the new head, as a multiple of the norms'."""

    def apply(self, network: Network) -> Adapted:
        """After Qi et al. 2022 (LN-tuning). Raises RecipeError for a network without such layers."""
        network.freeze()
        norms = list(_norms(network.trunk))
        if not norms:
            raise RecipeError(
                _("this network has no normalisation layers that can learn."),
                where="adapt.kind",
                fix=_("Use 'bias', 'lora' or 'top_blocks'."),
            )
        for module in norms:
            module.requires_grad_(True)
        head = {f"head.{name}": self.head_factor for name, _p in network.head.named_parameters()}
        return Adapted(network, frozen_blocks=frozen_blocks(network), scales=head)


def _norms(trunk: nn.Module) -> Iterator[nn.Module]:
    """Layer, batch, group and root-mean-square norms; every architecture names its own class after them."""
    for module in trunk.modules():
        leaf = not any(True for _child in module.children())
        if leaf and "Norm" in type(module).__name__ and any(True for _p in module.parameters()):
            yield module
