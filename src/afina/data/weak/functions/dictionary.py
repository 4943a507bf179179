"""Word lists, such as sentiment lexicons."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Literal

from pydantic import field_validator

from ....errors import DataError, Problem
from ....language import _
from ....section import shown
from ...columns import number_in
from ...formats import Reading
from ...labels import is_missing, plain_label
from ...near_duplicates import normal_form
from ...read import complain, read
from .base import LabellingFunction, Rows
from .ranges import Ranges, check_ranges, label_of
from .words import any_of

__all__ = ["Dictionary"]


class Dictionary(LabellingFunction):
    """Dictionary: a file of words, each with a label or a score; the words of a text decide together."""

    kind: Literal["dictionary"] = "dictionary"
    files: ClassVar[tuple[str, ...]] = ("file",)
    file: str
    """A table whose first column holds words or phrases, and whose second holds the label or the score of
    each. Case, accents and spaces make no difference."""
    ranges: dict[str, tuple[float | None, float | None]] | None = None
    """For scores: the least and the greatest sum of the scores in a text that stand for each label, such as
    positive: [0.5, null]. If it is not given, words have labels, and the label of most words is given."""

    @field_validator("ranges")
    @classmethod
    def _apart(cls, ranges: Ranges | None) -> Ranges | None:
        check_ranges(ranges or {})
        return ranges

    def vote(self, rows: Rows) -> dict[str, list[str | None]]:
        entries = self._entries()
        words = any_of(entries)
        found = ([entries[word] for word in words.findall(normal_form(text))] for text in rows.texts)
        return {"": [self._decided(values) for values in found]}

    def _decided(self, values: list[str | float]) -> str | None:
        if not values:
            return None
        if self.ranges is not None:
            return label_of(sum(float(value) for value in values), self.ranges)
        (first, most), *others = Counter(map(str, values)).most_common(2)
        return None if others and others[0][1] == most else first

    def _entries(self) -> dict[str, str | float]:
        """The normal form of each word -> its label or score."""
        sheet = read(self.file, Reading())
        if len(sheet.columns) < 2:
            raise DataError(
                _("there is one column, {name}, where words and what they stand for are needed.").format(
                    name=shown(sheet.columns[0])
                ),
                where=self.file,
            )
        entries: dict[str, str | float] = {}
        problems = []
        for row, line in zip(sheet.rows, sheet.lines, strict=True):
            word, value = (row.get(name) for name in sheet.columns[:2])
            where = f"{self.file}:{line}"
            if is_missing(word) or not normal_form(str(word)):
                problems.append(Problem(_("this row has no word."), where))
            elif is_missing(value):
                problems.append(Problem(_("this word has no label or score."), where))
            elif self.ranges is None:
                entries[normal_form(str(word))] = plain_label(value)
            elif (score := number_in(value)) is None:
                told = _("the score of a word must be a number (got {value}).")
                problems.append(Problem(told.format(value=shown(value)), where))
            else:
                entries[normal_form(str(word))] = score
        complain(problems)
        return entries
