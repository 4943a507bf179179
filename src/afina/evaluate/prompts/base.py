"""The contract of a prompt: training rows that are shown to a language model in the place of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ...data.conversation import Conversation
from ...section import Section

__all__ = ["Prompt", "prompted", "question_of"]


class Prompt(Section, ABC):
    """What is shown with each question: examples of the training rows (Brown et al. 2020), or something else.

    It is shown as long as there is room for it.
    """

    place: ClassVar[str] = "prompt"
    kind: str

    def shows(self, train: Sequence[Conversation]) -> Sequence[Any]:
        """All that can be shown: the training rows. Raises InputError."""
        return train

    @abstractmethod
    def choose(
        self, shown: Sequence[Any], asked: Sequence[Conversation], seed: int, language: str
    ) -> list[list[int]]:
        """For each of ``asked`` the numbers of what is shown of ``shown``, the least useful one first.

        ``language`` is that of the texts (ISO 639-1, or ``und``).
        """

    def put(self, talk: Conversation, chosen: Sequence[Any]) -> Conversation:
        """``talk`` with what was chosen: as earlier turns."""
        return prompted(talk, chosen)


def question_of(talk: Conversation) -> str:
    """What is known when the last turn is to be answered, as one text."""
    return "\n".join(message.content for message in talk.messages[:-1] if message.role != "system")


def prompted(talk: Conversation, examples: Sequence[Conversation]) -> Conversation:
    """``talk`` with the turns of the examples before its own, after what it is told as a system.

    The examples' answers count nothing: it is ``talk`` that is measured.
    """
    system = [message for message in talk.messages if message.role == "system"]
    turns = [message for message in talk.messages if message.role != "system"]
    earlier = [
        replace(message, weight=0.0)
        for example in examples
        for message in example.messages
        if message.role != "system"
    ]
    return replace(talk, messages=(*system, *earlier, *turns))
