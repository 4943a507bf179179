"""Separated values: commas, semicolons, tabs or vertical bars."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ...errors import DataError, Problem
from ...language import _
from ...section import shown
from ..names import is_known
from .base import Format, Reading, Sheet, Source
from .grid import Record, grid

__all__ = ["Csv"]

#: In the order in which they are preferred when two divide the rows equally well.
DELIMITERS = ("\t", ",", ";", "|")
#: Records looked at to find the delimiter.
SAMPLE = 200


class Csv(Format):
    """Separated values (CSV, TSV): commas, semicolons, tabs or bars, with a header or without."""

    kind: Literal["csv"] = "csv"

    def recognises(self, source: Source) -> bool:
        text = source.decoded.text
        if _guess(text):
            return True
        # One column, its texts in quotation marks where they hold a comma.
        records = _records(io.StringIO(text, newline=""), ",")
        return bool(records) and not _ragged(records) and is_known(str(records[0].cells[0]))

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        text, path = source.decoded.text, source.path
        delimiter = _delimiter(text, settings)
        lines = list(io.StringIO(text, newline=""))
        records = _records(lines, delimiter)
        problems = _quotes(path, lines, records, delimiter)
        notes = [source.decoded.note]
        if delimiter == "\t" and (problems or _ragged(records)):
            # Many TSV files use quotation marks as plain letters.
            plain = _records(lines, delimiter, csv.QUOTE_NONE)
            if not _ragged(plain):
                records, problems = plain, []
                notes.append(_("{path}: quotation marks are read as plain letters.").format(path=path))
        for record in records:
            if any("\x00" in str(cell) for cell in record.cells):
                what = _("this row holds a NUL character; the file may be damaged.")
                fix = _("Correct it, or leave such rows out with data.bad_rows=skip.")
                problems.append(Problem(what, f"{path}:{record.line}", fix))
        bad = {problem.where for problem in problems}
        records = [record for record in records if f"{path}:{record.line}" not in bad]
        if problems and len(records) < 2:
            raise DataError(problems)
        sheet = grid(path, self.kind, records, problems)
        name = {"\t": _("tab")}.get(delimiter, f"'{delimiter}'")
        told = _("{path}: read as CSV, {encoding}, columns separated by {delimiter}.")
        told = told.format(path=path, encoding=source.decoded.encoding, delimiter=name)
        return {"": replace(sheet, notes=(told, *filter(None, notes), *sheet.notes))}

    def rewrite(self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]) -> bytes:
        (sheet,) = sheets.values()
        text, file = source.decoded.text, io.StringIO(newline="")
        delimiter = _delimiter(text, settings)
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        (first,) = _records(io.StringIO(text, newline=""), delimiter, most=1)
        # Columns that were named by number have no header.
        if {str(cell).strip() for cell in first.cells} & set(sheet.columns):
            writer.writerow(sheet.columns)
        writer.writerows([row.get(name) for name in sheet.columns] for row in sheet.rows)
        return file.getvalue().encode("utf-8", "surrogatepass")


def _delimiter(text: str, settings: Reading) -> str:
    """Raises DataError for what cannot be one."""
    delimiter = settings.delimiter
    if delimiter is None:
        # A file of one column has no delimiter at all.
        return _guess(text) or ","
    delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise DataError(
            _("a delimiter is a single character (got {value}).").format(value=shown(delimiter)),
            where="data.delimiter",
        )
    return delimiter


def _records(
    lines: Iterable[str], delimiter: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL, most: int | None = None
) -> list[Record]:
    """Records with the lines they stand on; blank lines are passed over."""
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
    records: list[Record] = []
    before = 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            records.append(Record(cells, before + 1, reader.line_num))
        before = reader.line_num
        if most is not None and len(records) == most:
            break
    return records


def _ragged(records: Sequence[Record]) -> bool:
    return len({len(record.cells) for record in records}) > 1


def _quotes(path: Path, lines: Sequence[str], records: Sequence[Record], delimiter: str) -> list[Problem]:
    """Records whose quotation marks do not pair, so that they swallow the rows below them."""
    problems = []
    for record in records:
        if record.last == record.line and record is not records[-1]:
            continue
        try:
            list(csv.reader(lines[record.line - 1 : record.last], delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "end of data" in str(error):
                what = _("a quotation mark opens here and is never closed.")
            elif record.last > record.line:
                what = _(
                    "a quotation mark opens here, and the next one is far below, in line {line}."
                ).format(line=record.last)
            else:
                continue
            fix = _("Close it, or write it twice if it is part of the text.")
            problems.append(Problem(what, f"{path}:{record.line}", fix))
    return problems


def _guess(text: str) -> str:
    """The delimiter, or an empty string when the text is not divided into columns."""
    best, delimiter = 0.0, ""
    for candidate in DELIMITERS:
        records = _records(io.StringIO(text, newline=""), candidate, most=SAMPLE)
        if not records or len(records[0].cells) < 2:
            continue
        width, count = Counter(len(record.cells) for record in records).most_common(1)[0]
        share = count / len(records) if width > 1 else 0.0
        # A header that names its columns is the better sign.
        named = any(is_known(str(cell)) for cell in records[0].cells)
        if share + named > best and (named or share >= 0.8):
            best, delimiter = share + named, candidate
    return delimiter
