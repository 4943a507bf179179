"""(IA)³: a few vectors that make what flows through the network larger or smaller learn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from peft import IA3Config
from peft.utils.constants import (
    TRANSFORMERS_MODELS_TO_IA3_FEEDFORWARD_MODULES_MAPPING,
    TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING,
)
from pydantic import Field
from transformers.pytorch_utils import Conv1D

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method
from .injected import Injected, linear_layers

__all__ = ["Ia3"]


class Ia3(Method):
    """(IA)³: vectors that scale keys, values and inner activations learn, and the head: very few numbers."""

    kind: Literal["ia3"] = "ia3"
    learning_rate: ClassVar[float] = 3e-3
    epochs: ClassVar[int] = 6
    keys_values: tuple[str, ...] = ()
    """Names of the layers whose output is scaled, such as key and value; empty: what suits the network."""
    feedforward: tuple[str, ...] = ()
    """Names of the layers whose input is scaled, such as output.dense; empty: what suits the network."""
    head_factor: float = Field(1.0, gt=0)
    """Learning rate of the new head, as a multiple of the vectors'."""

    def apply(self, network: Network) -> Adapted:
        """After Liu et al. 2022, whose learning rate is the default; every vector starts as ones.

        Raises RecipeError where the layers are not given and not known for this kind of network.
        """
        family = str(getattr(getattr(network.trunk, "config", None), "model_type", ""))
        suits = TRANSFORMERS_MODELS_TO_IA3_FEEDFORWARD_MODULES_MAPPING.get(family, ())
        inner = self.feedforward or tuple(suits)
        known = tuple(TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING.get(family, ()))
        outer = self.keys_values or tuple(name for name in known if name not in inner)
        layers = linear_layers(network)
        scaled_out, scaled_in = _named(layers, outer), _named(layers, inner)
        if not scaled_out and not scaled_in:
            raise RecipeError(
                _("it is not known which layers of '{family}' (IA)³ should scale.").format(family=family),
                where="adapt.keys_values",
                fix=_("Their linear layers are: {names}.").format(
                    names=", ".join(sorted({name.split(".")[-1] for name in layers}))
                ),
            )
        config = IA3Config(
            # "attention.output.dense" ends like the feed-forward layer, but is none.
            target_modules=[*scaled_out, *(name for name in scaled_in if name not in scaled_out)],
            feedforward_modules=scaled_in,
            fan_in_fan_out=any(isinstance(layer, Conv1D) for layer in layers.values()),
        )
        return Injected(network, config, self._scales)

    def _scales(self, names: list[str]) -> dict[str, float]:
        return {name: self.head_factor for name in names if name.startswith("head.")}


def _named(layers: Iterable[str], endings: tuple[str, ...]) -> list[str]:
    return [
        path
        for path in layers
        if any(path.endswith(f".{ending}") for ending in endings) and "attention.output." not in path
    ]
