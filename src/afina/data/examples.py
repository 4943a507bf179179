"""Rows of a sheet as labelled texts: cleaned, with every row that cannot be used named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import Problem
from ..language import _
from ..section import shown
from .clean import Clean
from .columns import Columns
from .example import Example, LabelledText, Where
from .formats import Sheet
from .labels import BadCell, LabelReader, is_missing, plain_label

__all__ = ["Cleaned", "Made", "examples_of", "made_of", "text_in", "weight_in"]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text that cleaning changed."""

    where: Where
    steps: tuple[str, ...]
    before: str
    after: str

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "where": str(self.where)}


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the rows of a sheet."""

    examples: list[Any] = field(default_factory=list)
    cleaned: list[Cleaned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """Rows that cannot be used."""
    empty: list[Problem] = field(default_factory=list)
    """Rows without text: there is nothing to learn from them, and nothing wrong with them either."""


def examples_of(sheet: Sheet, columns: Columns, reader: LabelReader | None, clean: Clean) -> Made:
    """Labelled texts; without a ``reader``, texts that carry no label."""

    def make(row: Mapping[str, object], text: str, **known: Any) -> LabelledText:
        target = None if reader is None else reader(row.get(columns.label or ""))
        return LabelledText(text=text, target=target, **known)

    return made_of(sheet, columns, clean, make)


def made_of(sheet: Sheet, columns: Columns, clean: Clean, make: Callable[..., Example]) -> Made:
    """What ``make`` makes of each row that has a text; a row for which it raises BadCell is a problem.

    Args:
        make: takes the row, ``text``, ``where``, ``weight`` and ``group``.
    """
    made = Made()
    for row, line in zip(sheet.rows, sheet.lines):
        where = Where(str(sheet.path), line)
        try:
            before, text, steps = text_in(row, columns.text, clean)
            if not text.strip():
                made.empty.append(Problem(_("this row has no text and is left out."), str(where)))
                continue
            group = row.get(columns.group) if columns.group else None
            example = make(
                row, text, where=where, weight=weight_in(row, columns.weight),
                group=None if is_missing(group) else plain_label(group),
            )  # fmt: skip
        except BadCell as error:
            fix = _("Correct it, or leave such rows out with data.bad_rows=skip.")
            made.problems.append(Problem(str(error), str(where), fix))
            continue
        if steps:
            made.cleaned.append(Cleaned(where, steps, before, text))
        made.examples.append(example)
    return made


def text_in(row: Mapping[str, object], column: str, clean: Clean) -> tuple[str, str, tuple[str, ...]]:
    """The text of a row as it stands there and cleaned, and what was cleaned. Raises BadCell."""
    before = _text(row.get(column))
    text, steps = clean.apply(before)
    _refuse_half_characters(text)
    return before, text, steps


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if is_missing(value):
        return ""
    if isinstance(value, (int, float)):
        # A spreadsheet gives the text "2020" as a number.
        return plain_label(value)
    raise BadCell(_("this is not a text: {value}.").format(value=shown(value)))


def _refuse_half_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadCell(_("this text holds half a character (a lone surrogate).")) from None


def weight_in(row: Mapping[str, object], column: str | None) -> float:
    """How much a row counts. Raises BadCell."""
    if column is None:
        return 1.0
    value = row.get(column)
    try:
        weight = float(value) if isinstance(value, (str, int, float)) else math.nan
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise BadCell(
            _("the weight of this row must be a number of at least 0 (got {value}).").format(
                value=shown(value)
            )
        )
    return weight
