"""The same text more than once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ...language import _, ngettext
from ...language import number as figure
from .base import Audited, Check, Finding, paired

__all__ = ["Duplicates"]


class Duplicates(Check):
    """The same text more than once on one side of the split."""

    kind: Literal["duplicates"] = "duplicates"

    def run(self, audited: Audited) -> Iterator[Finding]:
        copies = []
        for numbers in audited.same:
            firsts: dict[str, int] = {}
            for number in numbers:
                split, example = audited.rows[number]
                first = firsts.setdefault(split, number)
                if first != number:
                    copies.append((audited.rows[first][1].where, example.where))
        if copies:
            yield Finding(
                self.kind,
                "note",
                ngettext(
                    "{count} row repeats the text of another row on the same side.",
                    "{count} rows repeat the text of another row on the same side.",
                    len(copies),
                ).format(count=figure(len(copies))),
                _("Remove the copies unless they should count more than other rows."),
                paired(copies),
                len(copies),
            )
