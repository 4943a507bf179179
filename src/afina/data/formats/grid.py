"""Records of cells, from CSV or a spreadsheet, as rows with named columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError, Problem
from ...language import _, ngettext
from ..names import is_known
from .base import Sheet

__all__ = ["Record", "grid"]


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a row, and the first and last line it stands on."""

    cells: Sequence[object]
    line: int
    last: int


def grid(path: Path, kind: str, records: Sequence[Record], problems: Sequence[Problem] = ()) -> Sheet:
    """Names the columns by the first record, or by number when the first record is data.

    A record of another width than the first one becomes a problem of the sheet.

    Raises:
        DataError: there are no rows, or two columns have the same name.
    """
    if not records:
        raise DataError(_("this file holds no rows."), where=str(path))
    head = ["" if cell is None else str(cell).strip() for cell in records[0].cells]
    width = len(head)
    notes = []
    if _is_data(head, records):
        names = [_("column {number}").format(number=number) for number in range(1, width + 1)]
        note = _("{path}: the first row looks like data, so the columns are named {names}.")
        notes.append(note.format(path=path, names=", ".join(f"'{name}'" for name in names)))
        body = records
    else:
        body = records[1:]
        names = _names(path, head, records[0].line, body, notes)
    if not body:
        raise DataError(
            _("this file holds a header and no rows below it."), where=f"{path}:{records[0].line}"
        )
    rows, lines, found = [], [], list(problems)
    for record in body:
        if len(record.cells) == width:
            rows.append({name: cell for name, cell in zip(names, record.cells) if name})
            lines.append(record.line)
        else:
            found.append(_ragged(path, record, width))
    columns = tuple(name for name in names if name)
    return Sheet(path, kind, columns, tuple(rows), tuple(lines), tuple(notes), tuple(found))


def _ragged(path: Path, record: Record, width: int) -> Problem:
    count = len(record.cells)
    what = ngettext(
        "this row has {count} column where {width} are expected.",
        "this row has {count} columns where {width} are expected.",
        count,
    ).format(count=count, width=width)
    if record.last > record.line:
        fix = _("It runs to line {line}: perhaps a quotation mark is missing.").format(line=record.last)
    elif count < width:
        fix = _(
            "A cell is missing, or the row is divided by another sign: correct it, or set data.bad_rows=skip."
        )
    else:
        fix = _('Put a text that holds the delimiter between double quotes ("), or set data.bad_rows=skip.')
    return Problem(what, f"{path}:{record.line}", fix)


def _names(path: Path, head: list[str], line: int, body: Sequence[Record], notes: list[str]) -> list[str]:
    """Column names; empty for a column without a name and without a value (a trailing delimiter)."""
    twice = [name for name, count in Counter(head).items() if name and count > 1]
    if twice:
        raise DataError(
            ngettext(
                "the header names this column more than once: {names}.",
                "the header names these columns more than once: {names}.",
                len(twice),
            ).format(names=", ".join(f"'{name}'" for name in twice)),
            where=f"{path}:{line}",
            fix=_("Give each column a name of its own."),
        )
    names = list(head)
    for position, name in enumerate(head):
        cells = (record.cells[position] for record in body if position < len(record.cells))
        used = any(cell not in ("", None) for cell in cells)
        if not name and used:
            names[position] = _("column {number}").format(number=position + 1)
            note = _("{path}: a column has no name in the header; it is called '{name}'.")
            notes.append(note.format(path=path, name=names[position]))
    return names


def _is_data(head: list[str], records: Sequence[Record]) -> bool:
    """Whether the first record is a row like the others: a header's cells are short, and no values."""
    if len(records) < 2:
        return False
    named = any(is_known(name) for name in head)
    if not named and any(len(name) > 60 or len(name.split()) > 6 for name in head):
        return True
    body = [record for record in records[1:1001] if len(record.cells) == len(head)]
    for position, name in enumerate(head):
        values = [str(record.cells[position]).strip() for record in body]
        # A column called 'spam' is plausible; one in which 'spam' is also found again and again is not.
        if name and values.count(name) > (1 if named else 0):
            return True
        if not named and _number(name) and all(map(_number, filter(None, values))):
            return True
    return False


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
