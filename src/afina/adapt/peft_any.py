"""Any other method of peft that wraps layers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING, PEFT_TYPE_TO_TUNER_MAPPING
from pydantic import Field

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from ..section import near_miss, shown
from .base import Adapted, Method
from .injected import Injected, linear_layers

__all__ = ["PeftAny"]


class PeftAny(Method):
    """Any method of peft: it is passed on as given and has not been tested here."""

    kind: Literal["peft_any"] = "peft_any"
    learning_rate: ClassVar[float] = 1e-3
    epochs: ClassVar[int] = 4
    peft_type: str = "LOHA"
    """Name of the method in peft, such as LOHA, LOKR, OFT, BOFT or HRA."""
    config: dict[str, bool | int | float | str | list[str]] = Field(default_factory=dict)
    """Settings of the method, as peft calls them. Without target_modules: all linear layers of the blocks."""

    def apply(self, network: Network) -> Adapted:
        """Raises RecipeError for a method that peft does not have, or settings that it refuses."""
        known = {
            str(getattr(kind, "value", kind)): kind
            for kind, tuner in PEFT_TYPE_TO_TUNER_MAPPING.items()
            if hasattr(tuner, "inject_adapter")
        }
        if self.peft_type not in known:
            raise RecipeError(
                _("peft has no method {name} that can be used here.").format(name=shown(self.peft_type)),
                where="adapt.peft_type",
                fix=near_miss(self.peft_type, known),
            )
        values: dict[str, Any] = {"target_modules": list(linear_layers(network)), **self.config}
        try:
            adapted = Injected(network, PEFT_TYPE_TO_CONFIG_MAPPING[known[self.peft_type]](**values))
        except (TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise RecipeError(
                _("peft refuses these settings: {error}").format(error=str(error).splitlines()[0]),
                where="adapt.config",
            ) from error
        return adapted
