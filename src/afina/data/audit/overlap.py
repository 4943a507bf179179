"""Answers that repeat what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ...language import _, ngettext
from ...language import number as figure
from ..conversation import ANSWERER, Conversation
from ..near_duplicates import shingles
from .base import Audited, Check, Finding, placed

__all__ = ["Overlap"]


class Overlap(Check):
    """Answers that repeat the question, or translations that are not translated."""

    kind: Literal["overlap"] = "overlap"

    threshold: float = Field(0.9, gt=0, le=1)
    """The share of the question that must stand in the answer, from 0 to 1."""
    shortest: int = Field(20, ge=1)
    """Shorter questions, in characters, are not looked at."""
    share: float = Field(0.05, ge=0, lt=1)
    """The share of such rows above which it is a warning rather than a note."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        talks = [talk for _name, side in audited.splits.items() for talk in side]
        talks = [talk for talk in talks if isinstance(talk, Conversation)]
        found = [talk for talk in talks if self._repeats(talk)]
        if found:
            yield Finding(
                self.kind,
                "warning" if len(found) > self.share * len(talks) else "note",
                ngettext(
                    "{count} answer repeats nearly all of what was asked.",
                    "{count} answers repeat nearly all of what was asked.",
                    len(found),
                ).format(count=figure(len(found))),
                _("Look at some: the model learns to repeat. Take the question out of the answers."),
                placed(found),
                len(found),
            )

    def _repeats(self, talk: Conversation) -> bool:
        asked = ""
        for message in talk.messages:
            if message.role == ANSWERER and len(asked) >= self.shortest:
                said = shingles(asked)
                if len(said & shingles(message.content)) >= self.threshold * len(said):
                    return True
            asked = message.content if message.role == "user" else asked
        return False
