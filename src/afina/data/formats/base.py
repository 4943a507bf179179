"""The contract of a file format, and what reading one gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from ...errors import Problem
from ...section import Section
from ..decode import Decoded, decode

__all__ = ["Format", "Reading", "Sheet", "Source", "sheet_of"]


class Reading(Section):
    """How files of rows are read."""

    place: ClassVar[str] = "data"

    path: str | None = None
    """The data: a file (CSV, TSV, JSONL, JSON, Parquet, XLSX), a folder that holds train.*, dev.* and test.*
    files, a folder saved by Hugging Face datasets, or one of plain texts and Markdown."""
    test: str | None = None
    """A separate file of test rows. If it is not given, test rows are set aside from the data."""
    dev: str | None = None
    """A separate file of development rows. If it is not given, they are set aside from the training rows."""
    format: str | None = None
    """The file format. If it is not given, it is recognised by the content of the file."""
    delimiter: str | None = None
    """What separates the columns of a CSV file. If it is not given, it is guessed."""
    encoding: str | None = None
    """How the letters of a text file are written as bytes, such as utf-8 or latin-1. If it is not given, it
    is guessed."""
    sheet: str | None = None
    """The name of the sheet in a spreadsheet. If it is not given, the first sheet with rows is taken."""
    bad_rows: Literal["stop", "skip"] = "stop"
    """What to do with a row that cannot be used, such as one without a label: stop and name every such row,
    or skip it and say so."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, before anything is known of what they mean."""

    path: Path
    """As the person named it."""
    format: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, object], ...]
    lines: tuple[int, ...]
    """The line on which each row starts, counted from 1."""
    notes: tuple[str, ...] = ()
    """What was guessed, a sentence each."""
    problems: tuple[Problem, ...] = ()
    """Rows that could not be read."""

    def __len__(self) -> int:
        return len(self.rows)

    def noting(self, *notes: str) -> Sheet:
        """The same sheet with more notes, those of empty text left out."""
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))


@dataclass(frozen=True)
class Source:
    """The bytes of a file, or a folder."""

    path: Path
    data: bytes = b""
    encoding: str | None = None

    @cached_property
    def decoded(self) -> Decoded:
        """The text. Raises DataError when it is not text."""
        return decode(self.data, str(self.path), self.encoding)


class Format(Section, ABC):
    """A file format that rows can be read from."""

    place: ClassVar[str] = "data.format"
    kind: str

    @abstractmethod
    def recognises(self, source: Source) -> bool:
        """Whether the content, whatever the file's name, is in this format."""

    @abstractmethod
    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        """Sheets by split; a file that holds a single sheet gives it under the empty name.

        Rows that cannot be read are the sheet's problems. Raises DataError when nothing can be read.
        """

    def writes(self, source: Source) -> bool:
        """Whether :meth:`rewrite` can make a copy of this file or folder."""
        return type(self).rewrite is not Format.rewrite

    def rewrite(
        self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]
    ) -> bytes | dict[str, bytes]:
        """The file with other rows in the place of its own; for a folder the files in it, by their names.

        Args:
            source: that this format :meth:`writes`.
            sheets: split -> rows, as they were read from it and then changed.
        """
        raise NotImplementedError


def sheet_of(
    path: Path,
    kind: str,
    rows: Sequence[dict[str, object]],
    lines: Sequence[int],
    problems: Sequence[Problem] = (),
) -> Sheet:
    """A sheet of rows whose columns are the keys of all of them, in the order of their first appearance."""
    columns = dict.fromkeys(name for row in rows for name in row)
    return Sheet(path, kind, tuple(columns), tuple(rows), tuple(lines), problems=tuple(problems))
