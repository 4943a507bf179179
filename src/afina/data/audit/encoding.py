"""Letters that were lost or spoilt on their way into the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from ...language import _, ngettext
from ...language import number as figure
from ..mojibake import repaired
from .base import Audited, Check, Finding, placed

__all__ = ["Encoding"]

#: The sign that stands in the place of a letter that could not be read, and halves of characters.
_LOST = re.compile("[\ufffd\ud800-\udfff]")
#: Characters shown on both sides of a spoilt letter.
_AROUND = 10


class Encoding(Check):
    """Letters spoilt by a wrong encoding, such as "Ã©" in the place of "é", and letters that are lost."""

    kind: Literal["encoding"] = "encoding"

    def run(self, audited: Audited) -> Iterator[Finding]:
        spoilt, lost = [], []
        shown = ("", "")
        for (_split, example), text in zip(audited.rows, audited.originals, strict=True):
            better = repaired(text)
            if better != text:
                spoilt.append(example)
                shown = shown if shown[0] else _around(text, better)
            if _LOST.search(text):
                lost.append(example)
        if spoilt:
            yield Finding(
                self.kind,
                "warning",
                ngettext(
                    "{count} text was read in a wrong encoding: '{before}' is meant as '{after}'.",
                    "{count} texts were read in a wrong encoding: '{before}' is meant as '{after}'.",
                    len(spoilt),
                ).format(count=figure(len(spoilt)), before=shown[0], after=shown[1]),
                _("Repair them with 'afina check DATA --fix', or save the data as UTF-8 at their source."),
                placed(spoilt),
                len(spoilt),
            )
        if lost:
            yield Finding(
                self.kind,
                "warning",
                ngettext(
                    "{count} text has lost letters: '{sign}' or half a character stands in their place.",
                    "{count} texts have lost letters: '{sign}' or half a character stands in their place.",
                    len(lost),
                ).format(count=figure(len(lost)), sign="\ufffd"),
                _("Save the data as UTF-8 at their source: what is lost cannot be repaired here."),
                placed(lost),
                len(lost),
            )


def _around(before: str, after: str) -> tuple[str, str]:
    """The first place where the two differ, and what stands around it."""
    start = next((at for at, (a, b) in enumerate(zip(before, after)) if a != b), min(len(before), len(after)))
    start = max(0, start - _AROUND)
    return before[start : start + 2 * _AROUND].strip(), after[start : start + 2 * _AROUND].strip()
