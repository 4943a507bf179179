"""Changes to the rows of files, and copies of the files with the changes. The files stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import DataError, Problem, StoreError, reason_of
from ..language import _
from .formats import FORMATS, Format, Reading, Sheet, Source
from .read import is_one
from .whole import whole

__all__ = ["Change", "Copy", "check_written", "copy_of", "write_copy"]


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed in a row, and why."""

    where: str
    """``file:line``."""
    column: str | None
    """None where the row is taken out."""
    what: str
    """``duplicate``, ``encoding``, ``label`` and the like; never translated."""
    before: Any = None
    after: Any = None
    because: str = ""
    """The row that it repeats, as ``file:line``, or what is wrong with it."""

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Copy:
    """What was written."""

    path: Path | None
    """A file, or a folder where there are several; None where there was nothing to change."""
    log: Path | None
    rows: dict[str, int]
    """Split -> rows that are left."""

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "output": None if self.path is None else str(self.path),
            "log": None if self.log is None else str(self.log),
            "rows": self.rows,
        }


def _default_copy(settings: Reading) -> Path:
    """Where a copy of the data goes when nothing is said: ``reviews-cleaned.csv``, beside them."""
    path = Path(str(settings.path))
    alone = path.is_file() and settings.dev is None and settings.test is None
    return path.with_name(f"{path.stem}-cleaned{path.suffix}" if alone else f"{path.stem}-cleaned")


def copy_of(sheets: Mapping[str, Sheet], changes: Iterable[Change]) -> dict[str, Sheet]:
    """The sheets with the changes made. Raises DataError where nothing is left of one."""
    made: dict[str, list[Change]] = {}
    for change in changes:
        made.setdefault(change.where, []).append(change)
    return {side: _changed(sheet, made, side) for side, sheet in sheets.items()}


def write_copy(
    settings: Reading,
    sheets: Mapping[str, Sheet],
    changes: Sequence[Change],
    out: Path | None = None,
    overwrite: bool = False,
) -> Copy:
    """Writes the data with the changes made, in the formats that they have, and the changes beside them.

    A single file gives a file and ``NAME.changes.jsonl``; several, or a folder, give a folder with
    ``changes.jsonl`` in it.

    Args:
        sheets: split -> rows, as :func:`~afina.data.load.sheets_of` gives them.
        out: the file or the folder. None for one beside the data, which is written only where something is
            changed.
        overwrite: whether what is there may be replaced. The data themselves never are.

    Raises:
        DataError: a format cannot be written, or nothing is left.
        StoreError: something stands there already, or cannot be written.
    """
    check_written(settings, sheets)
    copies = copy_of(sheets, changes)
    rows = {side: len(sheet) for side, sheet in copies.items()}
    if out is None and not changes:
        return Copy(None, None, rows)
    out = out or _default_copy(settings)
    files = _together(settings, copies)
    names = _named(settings, files, out)
    alone = out in names.values() and not any(path.is_dir() for path in files)
    log = out.with_name(f"{out.name}.changes.jsonl") if alone else out / "changes.jsonl"
    written: dict[Path, bytes] = {}
    for path, parts in files.items():
        made = _format(parts).rewrite(_source(path, settings), settings, parts)
        if isinstance(made, bytes):
            written[names[path]] = made
        else:
            written |= {names[path] / name: data for name, data in made.items()}
    lines = [json.dumps(change.plain(), ensure_ascii=False, default=str) + "\n" for change in changes]
    written[log] = "".join(lines).encode("utf-8", "surrogatepass")
    for path in written:
        _refuse(path, list(files), overwrite)
    for path, data in written.items():
        _put(path, data)
    return Copy(out, log, rows)


def check_written(settings: Reading, sheets: Mapping[str, Sheet]) -> None:
    """Raises DataError, which names all of them, where the data are in files that are only read."""
    problems = [
        Problem(
            _("no copy of this can be written, as Afina only reads its format."),
            str(path),
            _("Save the data as CSV, JSONL, JSON, Parquet or XLSX first."),
        )
        for path, parts in _together(settings, sheets).items()
        if not _format(parts).writes(_source(path, settings))
    ]
    if problems:
        raise DataError(problems)


def _together(settings: Reading, sheets: Mapping[str, Sheet]) -> dict[Path, dict[str, Sheet]]:
    """The sheets of each file, or of a folder that is read as a whole."""
    own = Path(str(settings.path))
    whole_folder = own.is_dir() and is_one(own, documents=True)
    found: dict[Path, dict[str, Sheet]] = {}
    for side, sheet in sheets.items():
        inside = whole_folder and sheet.path.is_relative_to(own)
        found.setdefault(own if inside else sheet.path, {})[side] = sheet
    return found


def _named(settings: Reading, files: Mapping[Path, Mapping[str, Sheet]], out: Path) -> dict[Path, Path]:
    """Where the copy of each goes: files of one folder keep their names; those from several places are called
    after their splits."""
    if set(files) == {Path(str(settings.path))}:
        return dict.fromkeys(files, out)
    together = settings.dev is None and settings.test is None
    return {
        path: out / (path.name if together else f"{next(iter(parts))}{path.suffix}")
        for path, parts in files.items()
    }


def _format(parts: Mapping[str, Sheet]) -> Format:
    return FORMATS.make(next(iter(parts.values())).format)


def _source(path: Path, settings: Reading) -> Source:
    return Source(path, b"" if path.is_dir() else path.read_bytes(), settings.encoding)


def _changed(sheet: Sheet, made: Mapping[str, Sequence[Change]], side: str) -> Sheet:
    kept = []
    for row, line in zip(sheet.rows, sheet.lines, strict=True):
        changes = made.get(f"{sheet.path}:{line}", ())
        if all(change.column is not None for change in changes):
            kept.append(({**row, **{str(change.column): change.after for change in changes}}, line))
    if not kept:
        raise DataError(_("no usable rows are left in {side}.").format(side=side), where=str(sheet.path))
    rows, lines = zip(*kept, strict=True)
    return replace(sheet, rows=rows, lines=lines)


def _refuse(path: Path, originals: Sequence[Path], overwrite: bool) -> None:
    places = [place for place in (path, *path.parents) if place.exists()]
    if any(place.samefile(original) for place in places for original in originals):
        raise StoreError(
            _("these are the data themselves, which are never changed."),
            where=str(path),
            fix=_("Name another file or folder with -o."),
        )
    if path.exists() and (not overwrite or path.is_dir()):
        raise StoreError(
            _("this is there already, and nothing is overwritten."),
            where=str(path),
            fix=_("Name another file or folder with -o, or add --overwrite."),
        )


def _put(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path, binary=True) as file:
            file.write(data)
    except OSError as error:
        raise StoreError(
            _("this cannot be written: {why}.").format(why=reason_of(error)), where=str(path)
        ) from None
