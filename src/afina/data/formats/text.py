"""Plain text, one text a line."""

from __future__ import annotations

import io
from typing import Literal

from ..names import TEXT_NAMES, is_known
from .base import Format, Reading, Sheet, Source, sheet_of

__all__ = ["Text"]


class Text(Format):
    """Plain text, one text a line."""

    kind: Literal["text"] = "text"

    def recognises(self, source: Source) -> bool:
        return True

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        lines = [line.rstrip("\r\n") for line in io.StringIO(source.decoded.text, newline="")]
        rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        column = "text"
        if rows and is_known(rows[0][1].strip().strip('"'), TEXT_NAMES):
            column = rows.pop(0)[1].strip().strip('"')
        texts: list[dict[str, object]] = [{column: line} for _number, line in rows]
        sheet = sheet_of(source.path, self.kind, texts, [number for number, _line in rows])
        return {"": sheet.noting(source.decoded.note)}
