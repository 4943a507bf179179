"""What language models learn from: conversations, if only of one question and answer, and plain texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .example import Example

__all__ = ["ANSWERER", "Conversation", "Message", "Passage", "PlainText", "with_system"]

#: The role whose turns the model learns.
ANSWERER = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn."""

    role: str
    """``system``, ``user``, ``assistant`` or ``tool``, or what else the model's chat template knows."""
    content: str
    weight: float = 1.0
    """How much the turn counts in the loss, if it is one that the model learns; 0 for context."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What else the chat template may read, such as ``tool_calls``."""

    def plain(self) -> dict[str, Any]:
        """As chat templates expect it."""
        return {"role": self.role, "content": self.content, **self.more}


def with_system(messages: Sequence[Message], system: str | None) -> tuple[Message, ...]:
    """The turns, with a system turn in front where they have none and ``system`` is given."""
    if system is None or (messages and messages[0].role == "system"):
        return tuple(messages)
    return (Message("system", system), *messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage(Example):
    """Base of what language models learn from. It has a ``text`` and no label."""

    target: ClassVar[None] = None
    label: ClassVar[None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(Passage):
    """Turns in their order. The last one is the assistant's where there is something to learn."""

    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    """Descriptions of the tools that the assistant may call, as JSON Schema."""

    @property
    def text(self) -> str:
        """All that is said."""
        return "\n".join(message.content for message in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainText(Passage):
    """A text of the domain, to be learnt from its first token to its last."""

    text: str
