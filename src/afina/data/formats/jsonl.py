"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Literal

from ...errors import Problem
from ...language import _
from .base import Format, Reading, Sheet, Source, sheet_of
from .json_text import broken, looks_like_json, meant_as, refuse_constant, unusable

__all__ = ["Jsonl"]


class Jsonl(Format):
    """JSON Lines: one JSON object a line."""

    kind: Literal["jsonl"] = "jsonl"

    def recognises(self, source: Source) -> bool:
        # A file that starts like JSON and is no single document of rows: its lines are told one by one.
        text = source.decoded.text
        if not looks_like_json(text):
            return meant_as(source.path, text, ".jsonl", ".ndjson")
        return text.lstrip()[0] == "{"

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        rows, lines, problems = [], [], []
        for number, line in enumerate(io.StringIO(source.decoded.text, newline=""), 1):
            if not line.strip():
                continue
            value = _parse(line.strip(), f"{source.path}:{number}")
            if isinstance(value, Problem):
                problems.append(value)
            elif not isinstance(value, dict):
                what = _("this line is not a JSON object such as {example}.")
                problems.append(Problem(what.format(example='{"text": "…"}'), f"{source.path}:{number}"))
            else:
                rows.append(value)
                lines.append(number)
        sheet = sheet_of(source.path, self.kind, rows, lines, problems)
        told = _("{path}: read as JSON Lines, {encoding}.")
        told = told.format(path=source.path, encoding=source.decoded.encoding)
        return {"": sheet.noting(told, source.decoded.note)}

    def rewrite(self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]) -> bytes:
        (sheet,) = sheets.values()
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in sheet.rows]
        return "".join(lines).encode("utf-8", "surrogatepass")


def _parse(text: str, where: str) -> object | Problem:
    """The JSON value of a line, or what is wrong with it, with the column."""
    try:
        value: object = json.loads(text, parse_constant=refuse_constant)
        return value
    except json.JSONDecodeError as error:
        return broken(error, where)
    except (ValueError, RecursionError) as error:
        return unusable(error, where)
