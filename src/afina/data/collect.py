"""Questions, documents and what is known of the two, out of folders and tables."""

from __future__ import annotations

from pathlib import Path

from ..language import ngettext
from .collected import Collected, texts_of
from .collected_folder import of_folder
from .collected_table import of_table
from .judgements import parts_of
from .load import Data
from .read import complain, read

__all__ = ["collect", "read_documents"]


def collect(settings: Data) -> Collected:
    """Questions and documents of a folder such as BEIR's, or of a table. Raises DataError."""
    path = Path(settings.path) if settings.path is not None else None
    parts = parts_of(path) if path is not None and path.is_dir() else None
    found = of_table(settings) if parts is None else of_folder(parts, settings)
    if settings.bad_rows == "stop":
        complain(found.problems)
    asked = [one for side in found.sides.values() for one in side.values()]
    left = sum(max(one.grades.values(), default=0.0) <= 0 for one in asked)
    if left:
        told = ngettext(
            "{count} question has no document that answers it, and is left out.",
            "{count} questions have no document that answers them, and are left out.",
            left,
        )
        found.notes.append(told.format(count=left))
    return found


def read_documents(path: str | Path, settings: Data) -> tuple[str, ...]:
    """The clean documents of a file, with their titles; rows without text are left out. Raises DataError."""
    found = Collected()
    sheet = read(path, settings)
    for _line, _row, text in texts_of(sheet, settings, found):
        found.documents.append(text)
    if settings.bad_rows == "stop":
        complain(found.problems)
    return tuple(found.documents)
