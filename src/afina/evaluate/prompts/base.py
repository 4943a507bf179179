"""The contract of a prompt: training rows that are shown to a language model in the place of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from ...data.conversation import Conversation
from ...section import Section

__all__ = ["Prompt", "prompted"]


class Prompt(Section, ABC):
    """Examples of the training rows, put as earlier turns before each question (Brown et al. 2020)."""

    place: ClassVar[str] = "prompt"
    kind: str
    examples: int = Field(4, ge=1, le=64)
    """How many examples are shown, where there is room for them."""

    @abstractmethod
    def choose(
        self, shown: Sequence[Conversation], asked: Sequence[Conversation], seed: int
    ) -> list[list[int]]:
        """For each of ``asked`` the numbers of the examples in ``shown``, the least useful one first."""


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
