"""Groups of settings in which a bare word stands for a section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from ..section import Section

__all__ = ["Shortened"]


class Shortened(Section):
    """Base of sections that understand short forms."""

    short: ClassVar[dict[str, str]]
    """``adapt: lora`` is short for ``adapt: {kind: lora}``: the setting that a bare word stands for."""

    @model_validator(mode="before")
    @classmethod
    def _in_full(cls, values: Any) -> Any:
        return cls.in_full(values) if isinstance(values, Mapping) else values

    @classmethod
    def in_full(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same settings with every short form written out."""
        return {
            name: {cls.short[name]: value} if name in cls.short and isinstance(value, str) else value
            for name, value in values.items()
        }
