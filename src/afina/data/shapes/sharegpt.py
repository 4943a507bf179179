"""The conversations of ShareGPT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ...language import _
from ...section import near_miss, shown
from ..conversation import Message, with_system
from .base import BadRow, Row, Shape, Talk, ended, listed, system_of, text_of

__all__ = ["ShareGpt"]

_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "observation": "tool",
    "tool": "tool",
}


class ShareGpt(Shape):
    """ShareGPT: a list of turns with from (human, gpt) and value."""

    kind: Literal["sharegpt"] = "sharegpt"

    def fits(self, columns: Sequence[str]) -> bool:
        return "conversations" in columns or "conversation" in columns

    def read(self, row: Row) -> Talk:
        name = "conversations" if "conversations" in row else "conversation"
        messages = []
        for place, turn in enumerate(listed(row.get(name), name)):
            field = f"{name}[{place}]"
            if not isinstance(turn, Mapping):
                raise BadRow(
                    field, _("this is not an object with from and value: {value}.").format(value=shown(turn))
                )
            said = turn.get("from")
            if said not in _ROLES:
                what = _("there is no role {role}.").format(role=shown(said))
                raise BadRow(f"{field}.from", what, near_miss(str(said), _ROLES))
            messages.append(Message(_ROLES[said], text_of(turn, "value", f"{field}.value")))
        return ended(with_system(messages, system_of(row)), name), ()
