"""Fine-tuning of the biases only."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method, frozen_blocks

__all__ = ["Bias"]


class Bias(Method):
    """Biases: only the numbers that are added in each layer learn, and the head (BitFit)."""

    kind: Literal["bias"] = "bias"
    learning_rate: ClassVar[float] = 8e-3
    epochs: ClassVar[int] = 4
    head_factor: float = Field(5.0, gt=0)
    """Learning rate of the new head, as a multiple of the biases'."""

    def apply(self, network: Network) -> Adapted:
        """After Ben Zaken et al. 2022. Raises RecipeError for a network without biases."""
        network.freeze()
        biases = [p for name, p in network.trunk.named_parameters() if name.split(".")[-1] == "bias"]
        if not biases:
            raise RecipeError(
                _("this network has no biases, so none can learn."),
                where="adapt.kind",
                fix=_("Use 'norms', 'lora' or 'top_blocks'."),
            )
        for parameter in biases:
            parameter.requires_grad_(True)
        head = {f"head.{name}": self.head_factor for name, _p in network.head.named_parameters()}
        return Adapted(network, frozen_blocks=frozen_blocks(network), scales=head)
