"""The same words at the beginning or at the end of many texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ...language import _, ngettext
from ...language import number as figure
from ..example import LabelledText
from ..near_duplicates import normal_form
from .base import Audited, Check, Finding, placed

__all__ = ["Templates"]

#: Frames that a finding shows, and characters of each.
_SHOWN, _WIDTH = 3, 60


class Templates(Check):
    """Many texts that begin or end with the same words: greetings, signatures, notices."""

    kind: Literal["templates"] = "templates"

    words: int = Field(4, ge=2)
    """How many words texts must have in common at their beginning or end."""
    share: float = Field(0.05, gt=0, le=1)
    """The share of the texts that must have them."""
    rows: int = Field(10, ge=2)
    """How many texts must have them at least."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        texts: dict[str, LabelledText] = {}
        for _split, example in audited.rows:
            texts.setdefault(normal_form(example.text), example)
        split = {text: words for text in texts if len(words := text.split()) > self.words}
        least = max(self.rows, self.share * len(texts))
        frames = []
        for side in (1, -1):
            same: dict[tuple[str, ...], list[str]] = {}
            for text, words in split.items():
                same.setdefault(tuple(words[::side][: self.words]), []).append(text)
            frames += [(_common(rows, split, side), rows) for rows in same.values() if len(rows) >= least]
        if not frames:
            return
        frames.sort(key=lambda frame: -len(frame[1]))
        rows = {text: texts[text] for _frame, members in frames for text in members}
        told = ", ".join(f"'{_short(frame)}' ({len(members)})" for frame, members in frames[:_SHOWN])
        yield Finding(
            self.kind,
            "note",
            ngettext(
                "{count} text begins or ends with words that many texts share: {frames}.",
                "{count} texts begin or end with words that many texts share: {frames}.",
                len(rows),
            ).format(count=figure(len(rows)), frames=told),
            _("Take these words out if they say nothing: they cost time, and may give a label away."),
            placed(rows.values()),
            len(rows),
        )


def _common(rows: list[str], split: dict[str, list[str]], side: int) -> str:
    """The words that all of the rows begin with (1) or end with (-1)."""
    words = [split[text][::side] for text in rows]
    # The first and the last of the sorted lists differ first.
    low, high = min(words), max(words)
    count = next((at for at, (a, b) in enumerate(zip(low, high)) if a != b), min(len(low), len(high)))
    return " ".join(low[:count][::side])


def _short(frame: str) -> str:
    return frame if len(frame) <= _WIDTH else frame[: _WIDTH - 1] + "…"
