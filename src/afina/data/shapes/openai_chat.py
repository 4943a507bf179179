"""The messages of OpenAI's chat API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ...language import _
from ...section import near_miss, shown
from ..conversation import ANSWERER, Message
from .base import BadRow, Row, Shape, Talk, text_of

__all__ = ["OpenAiChat", "ended", "listed"]

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


def listed(value: Any, field: str) -> Sequence[Any]:
    """A list that is not empty. Raises BadRow."""
    if not isinstance(value, list | tuple):
        raise BadRow(field, _("this is not a list: {value}.").format(value=shown(value)))
    if not value:
        raise BadRow(field, _("this list is empty."), _("Fill it in, or leave the row out."))
    return value


def ended(messages: tuple[Message, ...], field: str) -> tuple[Message, ...]:
    """The messages, the last of which is an answer to learn. Raises BadRow."""
    if messages[-1].role != ANSWERER:
        raise BadRow(
            f"{field}[{len(messages) - 1}].role",
            _("the last turn is not the assistant's, so there is no answer to learn."),
            _("End the conversation with an answer, or leave it out."),
        )
    return messages
