"""From files to texts, or pairs of texts, that each have a number; with every guess told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..language import _, figures
from ..section import shown
from .columns import Columns, find_columns, number_in, require
from .example import RatedText
from .examples import Made, made_of, text_in
from .formats import Sheet
from .labels import BadCell, is_missing
from .load import Data, Dataset, columns_in, fingerprint_of, limited, sheets_of, spoken, told_of, used, wanted
from .read import complain, few, read
from .split import split
from .usable import check_enough

__all__ = ["load_rated", "read_rated"]


def load_rated(settings: Data, seed: int) -> Dataset:
    """Reads, cleans and splits.

    Raises:
        DataError: with all that is wrong with the files, the columns and the rows.
        RecipeError: there is no such format.
    """
    sheets = sheets_of(settings)
    columns, guesses = find_columns(sheets["train"], wanted(settings), numbers=True)
    for sheet in sheets.values():
        require(sheet, used(columns))
    parts = {side: _rated(sheet, columns, settings) for side, sheet in sheets.items()}
    bad = [problem for part in parts.values() for problem in part.problems]
    if settings.bad_rows == "stop":
        complain(bad)
    rows = limited({side: part.examples for side, part in parts.items()}, settings.limit, seed)
    where = str(sheets["train"].path)
    check_enough(rows["train"], where)
    splits = split(rows["train"], settings.split, seed, dev=rows.get("dev"), test=rows.get("test"))
    _check_values(splits.train, where)
    language, told_of_language = spoken(splits, seed)
    return Dataset(
        splits=splits,
        columns=columns,
        language=language,
        notes=(
            *dict.fromkeys(note for sheet in sheets.values() for note in sheet.notes),
            *guesses,
            _task(splits.train, columns),
            *told_of_language,
            *told_of(splits, settings, seed),
        ),
        cleaned=tuple(change for part in parts.values() for change in part.cleaned),
        dropped=(
            *(problem for sheet in sheets.values() for problem in sheet.problems),
            *bad,
            *(problem for part in parts.values() for problem in part.empty),
        ),
        fingerprint=fingerprint_of(splits, lambda one: [*one.texts, one.value, one.group]),
    )


def read_rated(path: str | Path, settings: Data, columns: Columns) -> tuple[RatedText, ...]:
    """The rows of another file with the columns of an earlier run. Rows without text are left out.

    Raises:
        DataError: with all that is wrong.
    """
    sheet = read(path, settings)
    known = columns_in(sheet, columns)
    require(sheet, used(known))
    made = _rated(sheet, known, settings)
    if settings.bad_rows == "stop":
        complain(made.problems)
    if not made.examples:
        raise DataError(few([*made.problems, *made.empty]))
    return tuple(made.examples)


def _rated(sheet: Sheet, columns: Columns, settings: Data) -> Made:
    def make(row: Mapping[str, object], text: str, **known: Any) -> RatedText:
        texts: tuple[str, ...] = (text,)
        if columns.pair is not None:
            second = text_in(row, columns.pair, settings.clean)[1]
            if not second.strip():
                raise BadCell(_("this row has no second text."))
            texts = (text, second)
        return RatedText(texts=texts, value=_number(row.get(columns.label or "")), **known)

    return made_of(sheet, columns, settings.clean, make)


def _number(cell: object) -> float:
    """Raises BadCell."""
    if is_missing(cell):
        raise BadCell(_("this row has no number."))
    value = number_in(cell)
    if value is None:
        raise BadCell(
            _("this is not a number: {value}. Decimals are written with a point, as in 4.5.").format(
                value=shown(cell)
            )
        )
    return value


def _check_values(train: Sequence[RatedText], where: str) -> None:
    values = {example.value for example in train if example.weight}
    if len(values) < 2:
        raise DataError(
            _("all training rows have the same number, {value}, and at least two are needed.").format(
                value=", ".join(map(figures, values))
            ),
            where=where,
            fix=_("If this is the wrong column, set data.label."),
        )


def _task(train: Sequence[RatedText], columns: Columns) -> str:
    values = [example.value for example in train]
    return _("The task is to tell the number '{name}', from {low} to {high} in training.").format(
        name=columns.label, low=figures(min(values)), high=figures(max(values))
    )
