"""Spreadsheets."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ...errors import DataError
from ...language import _
from ...section import near_miss, shown
from .base import Format, Reading, Sheet, Source
from .grid import Record, grid

__all__ = ["Xlsx"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: What a cell holds as the number of its character: what XML cannot, and what looks like such a number.
_NUMBERED = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")


class Xlsx(Format):
    """A spreadsheet (XLSX, also XLS and ODS); the line of a row is its number in the sheet."""

    kind: Literal["xlsx"] = "xlsx"

    def recognises(self, source: Source) -> bool:
        if source.data.startswith(_OLE):
            return True
        names = _parts(source.data)
        return any(name.startswith("xl/workbook") for name in names) or "content.xml" in names

    def writes(self, source: Source) -> bool:
        """Not XLS, ODS and XLSB, nor what holds macros."""
        names = _parts(source.data)
        return "xl/workbook.xml" in names and "xl/vbaProject.bin" not in names

    def rewrite(self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]) -> bytes:
        """The sheet alone, with values in the place of formulas."""
        import openpyxl
        import python_calamine

        (sheet,) = sheets.values()
        before = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.data))
        records = _sheets(before, settings)
        name = _full(records)[0]
        first = records[name][0]
        book = openpyxl.Workbook()
        book.active.title = name
        rows = [[row.get(column) for column in sheet.columns] for row in sheet.rows]
        # Columns that were named by number have no header.
        if {str(cell).strip() for cell in first.cells} & set(sheet.columns):
            rows.insert(0, list(sheet.columns))
        for number, cells in enumerate(rows, 1):
            for position, value in enumerate(cells, 1):
                cell = book.active.cell(number, position)
                if isinstance(value, str):
                    cell.value = _NUMBERED.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
                    cell.data_type = "s"  # never a formula
                else:
                    cell.value = value
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        import python_calamine

        path = source.path
        try:
            book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.data))
            names = book.sheet_names
            if settings.sheet is not None and settings.sheet not in names:
                raise DataError(
                    _("there is no sheet {name} in {path}.").format(name=shown(settings.sheet), path=path),
                    where="data.sheet",
                    fix=near_miss(settings.sheet, names),
                )
            sheets = _sheets(book, settings)
        except python_calamine.PasswordError:
            raise DataError(
                _("this spreadsheet is protected by a password."),
                where=str(path),
                fix=_("Save it without one."),
            ) from None
        except (python_calamine.CalamineError, OSError) as error:
            raise DataError(
                _("this spreadsheet cannot be read; it may be damaged ({reason}).").format(
                    reason=str(error).splitlines()[0][:120] if str(error) else type(error).__name__
                ),
                where=str(path),
            ) from None
        full = _full(sheets)
        if not full:
            raise DataError(_("this spreadsheet holds no rows."), where=str(path))
        told = _("{path}: read as a spreadsheet, sheet '{name}'.").format(path=path, name=full[0])
        other = ""
        if len(full) > 1:
            other = _("{path}: other sheets are not used: {names}. Set data.sheet for another one.").format(
                path=path, names=", ".join(full[1:])
            )
        return {"": grid(path, self.kind, sheets[full[0]]).noting(told, other)}


def _parts(data: bytes) -> list[str]:
    """The names of the files in a ZIP file; none where it is no such file."""
    try:
        return zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return []


def _full(sheets: Mapping[str, Sequence[Record]]) -> list[str]:
    """The names of sheets that hold something: first those with rows, as a single line is a title."""
    return sorted((name for name in sheets if sheets[name]), key=lambda name: len(sheets[name]) < 2)


def _sheets(book: Any, settings: Reading) -> dict[str, list[Record]]:
    names = [settings.sheet] if settings.sheet else book.sheet_names
    return {name: _records(book, name) for name in names}


def _records(book: Any, name: str) -> list[Record]:
    """Rows of a sheet; those without a value are passed over, and so are columns without any."""
    table = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    rows = [(number, row) for number, row in enumerate(table, 1) if any(str(cell).strip() for cell in row)]
    columns = enumerate(zip(*(row for _number, row in rows)))
    keep = [position for position, cells in columns if any(str(cell).strip() for cell in cells)]
    return [Record([row[position] for position in keep], number, number) for number, row in rows]
