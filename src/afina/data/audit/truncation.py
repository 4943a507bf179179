"""Texts that were cut off before they came into the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ...language import _, ngettext
from ...language import number as figure
from .base import Audited, Check, Finding, placed

__all__ = ["Truncation"]

#: Lengths at which programs cut texts: fields of databases, messages, cells of spreadsheets.
_USUAL = frozenset(
    {100, 120, 128, 140, 150, 160, 200, 250, 255, 256, 280, 300, 400, 500, 512, 1000, 1023, 1024, 1500, 2000,
     2048, 3000, 4000, 4095, 4096, 5000, 8000, 8192, 10_000, 32_767, 65_535}
)  # fmt: skip
#: How many times more texts than usual must have the greatest length.
_TIMES = 5


class Truncation(Check):
    """Texts that seem cut off: many have the same greatest length and end in the middle of a sentence."""

    kind: Literal["truncation"] = "truncation"

    least: int = Field(100, ge=1)
    """Shorter greatest lengths, in characters, are taken for chance."""
    rows: int = Field(10, ge=1)
    """How many texts must have the greatest length; three are enough at lengths where programs cut, such as
    280 or 1000 characters."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        lengths = Counter(map(len, audited.originals))
        longest = max(lengths, default=0)
        cut = [
            example
            for (_split, example), text in zip(audited.rows, audited.originals, strict=True)
            if len(text) == longest and (text[-1:].isalnum() or text[-1:] in " ,-")
        ]
        near = range(longest - longest // 10, longest)
        usual = sum(lengths[length] for length in near) / max(1, len(near))
        enough = min(self.rows, 3) if longest in _USUAL else self.rows
        # All rows of one length, such as codes, are made so.
        if (
            longest < self.least
            or not enough <= len(cut) <= len(audited.rows) / 2
            or len(cut) <= _TIMES * usual
        ):
            return
        yield Finding(
            self.kind,
            "warning",
            ngettext(
                "{count} text seems cut off: it has exactly {length} characters, as many as the longest, and "
                "ends within a sentence.",
                "{count} texts seem cut off: they have exactly {length} characters, as many as the longest, "
                "and end within a sentence.",
                len(cut),
            ).format(count=figure(len(cut)), length=figure(longest)),
            _("Get the whole texts if you can: what decides the label may stand at their end."),
            placed(cut),
            len(cut),
        )
