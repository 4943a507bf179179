"""Rows that stand on two sides of the split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ...language import _, ngettext
from ...language import number as figure
from .base import Audited, Check, Finding, paired

__all__ = ["Leakage"]


class Leakage(Check):
    """Texts of development or test rows that the model also meets in training."""

    kind: Literal["leakage"] = "leakage"

    threshold: float = Field(0.8, gt=0, le=1)
    """The least similarity of two texts that are almost the same, from 0 to 1."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        rows = audited.rows
        copies: dict[int, int] = {}
        for numbers in audited.same:
            for number in numbers:
                # Rows are in the order train, dev, test: the first one is on the earliest side.
                if rows[number][0] != rows[numbers[0]][0]:
                    copies[number] = numbers[0]
        if copies:
            yield Finding(
                self.kind,
                "error",
                ngettext(
                    "{count} development or test row has the text of a row on another side.",
                    "{count} development or test rows have the text of a row on another side.",
                    len(copies),
                ).format(count=figure(len(copies))),
                _("Remove them from one side: results on texts that were learnt by heart prove nothing."),
                paired((rows[first][1].where, rows[number][1].where) for number, first in copies.items()),
                len(copies),
            )
        near: dict[int, int] = {}
        # Only the first of equal texts is in a pair: it stands for all of them.
        equal = {numbers[0]: numbers for numbers in audited.same}
        for pair in audited.near(self.threshold):
            first, second = (equal.get(number, (number,)) for number in pair[:2])
            for numbers, other in ((second, first[0]), (first, second[0])):
                for number in numbers:
                    if rows[other][0] != rows[number][0] and other < number and number not in copies:
                        near.setdefault(number, other)
        if near:
            yield Finding(
                self.kind,
                "warning",
                ngettext(
                    "{count} development or test row is almost the same as a row on another side.",
                    "{count} development or test rows are almost the same as a row on another side.",
                    len(near),
                ).format(count=figure(len(near))),
                _("Remove them from one side, or read the results as somewhat too good."),
                paired((rows[first][1].where, rows[second][1].where) for second, first in near.items()),
                len(near),
            )
        yield from self._groups(audited)

    def _groups(self, audited: Audited) -> Iterator[Finding]:
        sides: dict[str, dict[str, int]] = {}
        for number, (split, example) in enumerate(audited.rows):
            if example.group is not None:
                sides.setdefault(example.group, {}).setdefault(split, number)
        torn = [list(firsts.values())[:2] for firsts in sides.values() if len(firsts) > 1]
        if torn:
            yield Finding(
                self.kind,
                "warning",
                ngettext(
                    "{count} group has rows on more than one side of the split.",
                    "{count} groups have rows on more than one side of the split.",
                    len(torn),
                ).format(count=figure(len(torn))),
                _("Give all rows in one file, so that Afina divides them by group."),
                paired((audited.rows[a][1].where, audited.rows[b][1].where) for a, b in torn),
                len(torn),
            )
