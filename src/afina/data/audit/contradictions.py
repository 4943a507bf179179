"""The same text with different labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from ...language import _, ngettext
from ...language import number as figure
from .base import Audited, Check, Finding, paired

__all__ = ["Contradictions"]


class Contradictions(Check):
    """The same text with different labels: at least one of them must be wrong."""

    kind: Literal["contradictions"] = "contradictions"
    of_labels: ClassVar[bool] = True

    def run(self, audited: Audited) -> Iterator[Finding]:
        found = []
        for numbers in audited.same:
            first = audited.rows[numbers[0]][1]
            for number in numbers[1:]:
                other = audited.rows[number][1]
                if other.labels != first.labels:
                    found.append((first.where, other.where))
        if found:
            yield Finding(
                self.kind,
                "warning",
                ngettext(
                    "{count} row has the same text as another row, and another label.",
                    "{count} rows have the same text as another row, and another label.",
                    len(found),
                ).format(count=figure(len(found))),
                _("Decide which label is right, and correct or remove the other row."),
                paired(found),
                len(found),
            )
