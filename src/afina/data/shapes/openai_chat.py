"""The messages of OpenAI's chat API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ...language import _
from ...section import near_miss, shown
from ..conversation import Message
from .base import BadRow, Row, Shape, Talk, ended, listed, text_of

__all__ = ["OpenAiChat"]

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
#: What else a message may hold that chat templates read.
_MORE = ("name", "tool_calls", "tool_call_id", "function_call")


class OpenAiChat(Shape):
    """OpenAI chat: a list of messages with role and content, and weights and tools where there are any."""

    kind: Literal["openai_chat"] = "openai_chat"

    def fits(self, columns: Sequence[str]) -> bool:
        return "messages" in columns

    def read(self, row: Row) -> Talk:
        messages = tuple(
            _message(value, f"messages[{place}]")
            for place, value in enumerate(listed(row.get("messages"), "messages"))
        )
        tools = row.get("tools")
        functions = () if tools is None else tuple(listed(tools, "tools"))
        return ended(messages, "messages"), functions


def _message(value: Any, field: str) -> Message:
    if not isinstance(value, Mapping):
        raise BadRow(
            field, _("this is not an object with role and content: {value}.").format(value=shown(value))
        )
    role = value.get("role")
    if role not in _ROLES:
        raise BadRow(
            f"{field}.role",
            _("there is no role {role}.").format(role=shown(role)),
            near_miss(str(role), _ROLES),
        )
    more = {name: value[name] for name in _MORE if value.get(name) is not None}
    content = value.get("content")
    if content is None and ("tool_calls" in more or "function_call" in more):
        content = ""
    else:
        content = text_of(value, "content", f"{field}.content")
    weight = value.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < float("inf"):
        raise BadRow(
            f"{field}.weight",
            _("a weight is a number of at least 0 (got {value}).").format(value=shown(weight)),
        )
    return Message(role, content, float(weight), more)
