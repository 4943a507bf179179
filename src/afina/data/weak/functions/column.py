"""Annotators and ratings: labels that stand in the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from ....errors import Problem
from ....language import _
from ....section import shown
from ...columns import number_in
from ...labels import is_missing, plain_label, structured
from ...read import complain
from .base import LabellingFunction, Rows
from .ranges import Ranges, check_ranges, label_of

__all__ = ["Column"]


class Column(LabellingFunction):
    """Columns: annotators, each with a column of labels or ratings, or all of them in one column of lists."""

    kind: Literal["column"] = "column"
    columns: tuple[str, ...] = Field(min_length=1)
    """One column for each annotator; the places of a list are annotators too. Empty cells are no votes."""
    ranges: dict[str, tuple[float | None, float | None]] | None = None
    """For ratings: the least and the greatest that stand for each label, such as bad: [1, 2]. A rating in
    none of them is no vote. If it is not given, the cells are labels."""

    @field_validator("ranges")
    @classmethod
    def _apart(cls, ranges: Ranges | None) -> Ranges | None:
        check_ranges(ranges or {})
        return ranges

    @property
    def needs(self) -> tuple[str, ...]:
        return self.columns

    def vote(self, rows: Rows) -> dict[str, list[str | None]]:
        votes: dict[str, list[str | None]] = {}
        problems = []
        for number, (cells, where) in enumerate(zip(rows.cells, rows.places, strict=True)):
            for name, cell in self._voters(cells):
                try:
                    label = self._label(cell)
                except ValueError as error:
                    problems.append(Problem(str(error), f"{where}: {name}"))
                    continue
                if label is not None:
                    votes.setdefault(name, [None] * len(rows))[number] = label
        complain(problems)
        return votes

    def _voters(self, cells: Mapping[str, object]) -> list[tuple[str, object]]:
        """The name of each annotator, and her cell."""
        found: list[tuple[str, object]] = []
        for column in self.columns:
            cell = structured(cells.get(column))
            if isinstance(cell, list | tuple):
                found += [(f"{column}.{place}", one) for place, one in enumerate(cell, 1)]
            else:
                found.append((column, cell))
        return found

    def _label(self, cell: object) -> str | None:
        """Raises ValueError with a sentence."""
        if is_missing(cell):
            return None
        if self.ranges is not None:
            number = number_in(cell)
            if number is None:
                raise ValueError(_("a rating must be a number (got {value}).").format(value=shown(cell)))
            return label_of(number, self.ranges)
        if not isinstance(cell, str | int | float):
            raise ValueError(_("this is not a label: {value}.").format(value=shown(cell)))
        return plain_label(cell)
