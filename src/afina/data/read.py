"""Files as rows: the format is recognised by content, never by the file's name.

Only broken JSON, which has no form to be recognised by, is told by its name.
"""

from __future__ import annotations

import difflib
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import DataError, Problem, reason_of
from ..language import _, ngettext, number
from ..section import near_miss
from .formats import FORMATS, Reading, Sheet, Source
from .names import SPLIT_NAMES

__all__ = ["Sheet", "complain", "few", "files_of", "is_one", "nearest", "read", "read_parts"]

#: Problems of one kind of trouble that are told one by one; the rest is counted.
TOLD = 20

#: First bytes of what people give by mistake -> what it is and what to do.
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "compressed"),
    (b"BZh", "compressed"),
    (b"\xfd7zXZ", "compressed"),
    (b"7z\xbc\xaf", "compressed"),
    (b"Rar!", "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed"),
    (b"PK\x03\x04", "compressed"),
    (b"PK\x05\x06", "compressed"),
    (b"version https://git-lfs", "lfs"),
    (b"<!doctype html", "page"),
    (b"<html", "page"),
    (b"<?xml", "xml"),
    (b"%pdf", "document"),
    (b"{\\rtf", "document"),
    (b"\x89png", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"gif8", "picture"),
    (b"sqlite format 3\x00", "database"),
    (b"\x80\x02", "pickle"),
    (b"\x80\x03", "pickle"),
    (b"\x80\x04", "pickle"),
    (b"\x80\x05", "pickle"),
    (b"arrow1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),
)


def read(path: str | Path, settings: Reading) -> Sheet:
    """The rows of a file or of a folder with one split.

    Raises:
        DataError: the file cannot be read, or has bad rows and ``settings.bad_rows`` is ``stop``.
    """
    parts = read_parts(path, settings)
    if len(parts) > 1:
        raise DataError(
            _("this holds several splits ({names}), where one is needed.").format(names=", ".join(parts)),
            where=str(path),
        )
    return next(iter(parts.values()))


def read_parts(path: str | Path, settings: Reading) -> dict[str, Sheet]:
    """Sheets by split; the empty name for a file that is not divided. Raises as :func:`read` does."""
    source = _source(Path(path), settings.encoding)
    if settings.format is not None:
        kind = FORMATS.make(settings.format)
        if kind.kind == "hf_folder" and not kind.recognises(source):
            raise DataError(_("this is no folder saved by Hugging Face datasets."), where=str(path))
    else:
        kind = next(kind for kind in map(FORMATS.make, FORMATS) if kind.recognises(source))
        if kind.kind == "text" and settings.delimiter is not None:
            kind = FORMATS.make("csv")
    sheets = kind.read(source, settings)
    for sheet in sheets.values():
        if settings.bad_rows == "stop":
            complain(sheet.problems)
        if not sheet.rows:
            complain(sheet.problems)
            raise DataError(_("this file holds no rows."), where=str(path))
    return sheets


def is_one(path: Path, *, documents: bool) -> bool:
    """Whether a folder is read as a whole; ``documents``: also where it holds nothing but texts."""
    kinds = ("hf_folder", "documents") if documents else ("hf_folder",)
    return any(FORMATS.make(kind).recognises(Source(path)) for kind in kinds)


def files_of(folder: Path) -> dict[str, Path]:
    """The files of a folder that are named after a split.

    Raises:
        DataError: none is, or two are for the same split.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = SPLIT_NAMES.get(path.name.split(".", 1)[0].lower())
        if split is None or not path.is_file():
            continue
        if split in found:
            raise DataError(
                _("{first} and {second} are both {split} rows.").format(
                    first=found[split].name, second=path.name, split=split
                ),
                where=str(folder),
                fix=_("Keep one of them, or give the file itself."),
            )
        found[split] = path
    if "train" not in found:
        raise DataError(
            _("this folder holds no file called train.csv, train.jsonl or the like."),
            where=str(folder),
            fix=_("Give the file itself, or name the files train, dev and test."),
        )
    return {side: found[side] for side in ("train", "dev", "test") if side in found}


def few(problems: Sequence[Problem]) -> list[Problem]:
    """The first problems, and a sentence that counts the others. What to do is said once for equal ones."""
    kept: list[Problem] = []
    advice: set[str] = set()
    for problem in problems[:TOLD]:
        kept.append(problem if problem.fix not in advice else replace(problem, fix=""))
        advice.add(problem.fix)
    more = len(problems) - TOLD
    if more > 0:
        text = ngettext("{count} more row has a problem.", "{count} more rows have problems.", more)
        kept.append(Problem(text.format(count=number(more)), count=more))
    return kept


def complain(problems: Sequence[Problem]) -> None:
    """Raises DataError if there are any."""
    if problems:
        raise DataError(few(problems))


def _source(path: Path, encoding: str | None) -> Source:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            source = Source(path)
            if not is_one(path, documents=True):
                raise DataError(
                    _("this is a folder, where a file is needed."),
                    where=str(path),
                    fix=_("Name a file in it."),
                )
            return source
        if not stat.S_ISREG(mode):
            raise DataError(_("this is not a regular file."), where=str(path))
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(_("there is no such file."), where=str(path), fix=nearest(path)) from None
    except (OSError, ValueError) as error:
        raise DataError(
            _("this file cannot be opened ({reason}).").format(reason=reason_of(error)), where=str(path)
        ) from None
    if not data.strip():
        raise DataError(_("this file is empty."), where=str(path))
    _refuse(path, data)
    return Source(path, data, encoding)


def nearest(path: Path) -> str:
    """A file with a similar name in the same folder."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    # Only a near one: listing a whole folder helps nobody.
    return near_miss(path.name, difflib.get_close_matches(path.name, names, 1))


def _refuse(path: Path, data: bytes) -> None:
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:32]
    what = next((kind for magic, kind in _REFUSED if start.lower().startswith(magic.lower())), None)
    if what is None or (what == "compressed" and FORMATS.make("xlsx").recognises(Source(path, data))):
        return
    told = {
        "compressed": (_("this file is compressed."), _("Unpack it and give the file that it holds.")),
        "lfs": (
            _("this is a Git LFS pointer: the file itself has not been downloaded."),
            _("Run 'git lfs pull' where it comes from."),
        ),
        "page": (
            _("this is a web page, not data."),
            _("Download the file itself, often behind a link called Raw or Download."),
        ),
        "xml": (_("this is an XML document."), _("Save the data as CSV, JSONL, Parquet or XLSX.")),
        "document": (_("this is a document, not data."), _("Save the data as CSV, JSONL, Parquet or XLSX.")),
        "picture": (_("this is a picture."), _("Give a file of rows: CSV, JSONL, Parquet or XLSX.")),
        "database": (_("this is a database."), _("Export the table as CSV.")),
        "pickle": (
            _("this is a pickle, which could run any program when it is opened."),
            _("Save the data as CSV, JSONL, Parquet or XLSX."),
        ),
        "arrow": (
            _("this is an Arrow file."),
            _("Give the folder that Hugging Face datasets saved, or save the data as Parquet."),
        ),
    }[what]
    raise DataError(told[0], where=str(path), fix=told[1])
