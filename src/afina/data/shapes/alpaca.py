"""The instructions of Alpaca."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..conversation import Message, with_system
from .base import Row, Shape, Talk, system_of, text_of

__all__ = ["Alpaca"]


class Alpaca(Shape):
    """Alpaca: instruction, input where there is one, and output."""

    kind: Literal["alpaca"] = "alpaca"

    def fits(self, columns: Sequence[str]) -> bool:
        return "instruction" in columns and "output" in columns

    def read(self, row: Row) -> Talk:
        asked, given = text_of(row, "instruction"), row.get("input")
        if isinstance(given, str) and given.strip():
            asked = f"{asked}\n\n{given}"
        messages = Message("user", asked), Message("assistant", text_of(row, "output"))
        return with_system(messages, system_of(row)), ()
