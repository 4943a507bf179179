"""Questions, documents and what is known of the two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import Problem
from ..language import _
from ..section import shown
from .clean import Clean
from .columns import Columns, find_text
from .example import Where
from .examples import Cleaned
from .formats import Sheet
from .judgements import column
from .labels import is_missing
from .load import Data
from .match import Document, Match
from .names import TITLE_NAMES

__all__ = ["Asked", "Collected", "note", "texts_of"]


@dataclass
class Asked:
    """A question and what is known of the documents for it."""

    text: str
    where: Where
    grades: dict[int, float] = field(default_factory=dict)
    """Number of a document -> how well it answers; 0 or less where it does not."""
    places: dict[int, Where] = field(default_factory=dict)
    """Number of a document -> the row that says so."""


@dataclass
class Collected:
    """Questions by side, and the documents that are searched for all of them."""

    sides: dict[str, dict[str, Asked]] = field(default_factory=dict)
    """Side -> identifier -> question."""
    documents: list[str] = field(default_factory=list)
    shared: bool = False
    """Whether the documents are a collection of their own, which is known when training."""
    columns: Columns | None = None
    """Where documents stand in a table."""
    notes: list[str] = field(default_factory=list)
    cleaned: list[Cleaned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def clean(self, clean: Clean, text: str, where: Where) -> str:
        """The clean text; what changed is remembered."""
        after, steps = clean.apply(text)
        if steps:
            self.cleaned.append(Cleaned(where, steps, text, after))
        return after

    def refuse(self, what: str, where: Where) -> None:
        fix = _("Correct it, or leave such rows out with data.bad_rows=skip.")
        self.problems.append(Problem(what, str(where), fix))

    def matches(self, side: str) -> list[Match]:
        """A match for each question and each document that answers it; questions without any are left out.

        The documents that do not answer a question are dealt out among its matches.
        """
        made = []
        for name, asked in self.sides[side].items():
            relevant = {number: grade for number, grade in asked.grades.items() if grade > 0}
            negatives = [self.document(number) for number, grade in asked.grades.items() if grade <= 0]
            for place, (number, grade) in enumerate(relevant.items()):
                made.append(
                    Match(
                        where=asked.places[number], group=name, text=asked.text, grade=grade,
                        document=self.document(number), relevant=relevant,
                        negatives=tuple(negatives[place :: len(relevant)]),
                    )
                )  # fmt: skip
        return made

    def document(self, number: int) -> Document:
        return Document(number, self.documents[number])


def note(
    asked: Asked, number: int, row: Mapping[str, Any], column: str | None, where: Where, found: Collected
) -> None:
    """What a row says of a question and a document."""
    value = 1.0 if column is None else row.get(column)
    try:
        grade = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        grade = math.nan
    if not math.isfinite(grade):
        what = _("this is no grade: {value}. A grade is a number, 0 for a document that does not answer.")
        found.refuse(what.format(value=shown(value)), where)
        return
    if grade >= asked.grades.get(number, -math.inf):
        asked.grades[number], asked.places[number] = grade, where


def texts_of(sheet: Sheet, settings: Data, found: Collected) -> list[tuple[int, Mapping[str, Any], str]]:
    """Line, row and clean text of every row that has any, a title before it where there is one."""
    text, title = find_text(sheet, settings.text or "text"), column(sheet, TITLE_NAMES)
    made: list[tuple[int, Mapping[str, Any], str]] = []
    found.problems += sheet.problems
    for line, row in zip(sheet.lines, sheet.rows):
        cells = [row.get(name) for name in dict.fromkeys((title, text)) if name is not None]
        whole = " ".join(str(cell) for cell in cells if not is_missing(cell))
        where = Where(str(sheet.path), line)
        clean = found.clean(settings.clean, whole, where)
        if clean:
            made.append((line, row, clean))
        else:
            found.problems.append(Problem(_("this row has no text and is left out."), str(where)))
    return made
