"""A folder of documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from ...language import ngettext
from ..names import SPLIT_NAMES
from ..passages import ENDINGS, paragraphs, passages
from .base import Format, Reading, Sheet, Source, sheet_of

__all__ = ["Documents"]


class Documents(Format):
    """A folder of plain texts or Markdown, cut into passages of whole paragraphs."""

    kind: Literal["documents"] = "documents"

    def recognises(self, source: Source) -> bool:
        """Only a folder whose files are not named after splits."""
        if not source.path.is_dir():
            return False
        split = any(entry.name.split(".", 1)[0].lower() in SPLIT_NAMES for entry in source.path.iterdir())
        return not split and any(_files(source.path))

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        rows: list[dict[str, object]] = []
        lines: list[int] = []
        notes = []
        files = sorted(_files(source.path))
        for path in files:
            decoded = Source(path, path.read_bytes(), settings.encoding).decoded
            notes.append(decoded.note)
            for line, text in passages(list(paragraphs(enumerate(decoded.text.splitlines(), 1)))):
                rows.append({"text": text, "file": str(path.relative_to(source.path))})
                lines.append(line)
        told = ngettext(
            "{path}: {count} document, cut into {rows} passages.",
            "{path}: {count} documents, cut into {rows} passages.",
            len(files),
        ).format(path=source.path, count=len(files), rows=len(rows))
        return {"": sheet_of(source.path, self.kind, rows, lines).noting(told, *notes)}


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                yield Path(place) / name
