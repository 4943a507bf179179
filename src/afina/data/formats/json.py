"""JSON: a list of objects, or an object that holds such lists."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Literal

from ...errors import DataError, Problem
from ...language import _
from ..names import SPLIT_NAMES
from .base import Format, Reading, Sheet, Source, sheet_of
from .json_text import broken, looks_like_json, meant_as, refuse_constant, unusable

__all__ = ["Json"]

_DECODER = json.JSONDecoder(parse_constant=refuse_constant)
_SPACE = re.compile(r"[ \t\n\r]*")


class Json(Format):
    """JSON: a list of objects, {"data": [...]}, or {"train": [...], "test": [...]}."""

    kind: Literal["json"] = "json"

    def recognises(self, source: Source) -> bool:
        text = source.decoded.text
        if not looks_like_json(text):
            return meant_as(source.path, text, ".json")
        if text.lstrip()[0] == "[":
            return True
        first = text.lstrip().split("\n", 1)[0].strip()
        try:
            value = json.loads(first)
        except (ValueError, RecursionError):
            # An object over several lines, or a broken first line of JSON Lines.
            return not first.endswith("}")
        return any(_is_rows(part) for part in value.values()) and text.strip() == first

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        text, path = source.decoded.text, source.path
        position = -1
        try:
            parts: dict[str, list[tuple[object, int]]] = {}
            for name, item, position in _items(text):
                parts.setdefault(name, [])
                if position >= 0:
                    parts[name].append((item, position))
        except json.JSONDecodeError as error:
            raise DataError([broken(error, f"{path}:{error.lineno}")]) from None
        except (ValueError, RecursionError) as error:
            where = f"{path}:{text.count(chr(10), 0, max(position, 0)) + 1}"
            raise DataError([unusable(error, where)]) from None
        places = _places(text, [position for items in parts.values() for _item, position in items])
        told = _("{path}: read as JSON, {encoding}.")
        told = told.format(path=path, encoding=source.decoded.encoding)
        return {
            name: _sheet(path, places, items).noting(told, source.decoded.note)
            for name, items in _named(parts, path).items()
        }

    def rewrite(self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]) -> bytes:
        value = json.loads(source.decoded.text)
        rows = {side: list(sheet.rows) for side, sheet in sheets.items()}
        if isinstance(value, list):
            (value,) = rows.values()
        elif len(rows) == 1:
            lists = [name for name in value if _is_rows(value[name])]
            value["data" if "data" in lists else lists[0]] = next(iter(rows.values()))
        else:
            value |= {name: rows[SPLIT_NAMES[name.lower()]] for name in value if name.lower() in SPLIT_NAMES}
        return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass") + b"\n"


def _places(text: str, positions: list[int]) -> dict[int, int]:
    """Position of an object -> its line; objects that share lines are counted instead."""
    newlines = (text.count("\n", a, b) for a, b in zip([0, *positions], positions))
    lines = [1 + count for count in accumulate(newlines)]
    return dict(zip(positions, lines if len(set(lines)) == len(lines) else range(1, len(lines) + 1)))


def _sheet(path: Path, places: dict[int, int], items: list[tuple[object, int]]) -> Sheet:
    rows, lines, problems = [], [], []
    for item, position in items:
        line = places[position]
        if isinstance(item, dict):
            rows.append(item)
            lines.append(line)
        else:
            what = _("this item of the list is not an object such as {example}.")
            problems.append(Problem(what.format(example='{"text": "…"}'), f"{path}:{line}"))
    return sheet_of(path, "json", rows, lines, problems)


def _named(parts: dict[str, list[tuple[object, int]]], path: Path) -> dict[str, list[tuple[object, int]]]:
    """Lists by split. Raises DataError when it is not clear which list is meant."""
    if len(parts) == 1:
        return {"": next(iter(parts.values()))}
    splits = {
        SPLIT_NAMES[name.lower()]: items for name, items in parts.items() if name.lower() in SPLIT_NAMES
    }
    if "train" in splits:
        return splits
    if "data" in parts:
        return {"": parts["data"]}
    if not parts:
        raise DataError(
            _("this JSON object holds no list of rows."),
            where=str(path),
            fix=_("Give a list of objects, or {example}.").format(example='{"data": [...]}'),
        )
    raise DataError(
        _("this JSON object holds several lists: {names}.").format(names=", ".join(parts)),
        where=str(path),
        fix=_("Name them train, dev and test, or keep one of them."),
    )


def _items(text: str) -> Iterator[tuple[str, object, int]]:
    """(name of the list, item, position) of every item; an empty list gives its name and position -1.

    Items are decoded one by one, so that each keeps its place in the file.
    """
    end = len(text)
    at = _skip(text, 0)
    if text[at : at + 1] == "[":
        at = yield from _list("", text, at)
    else:
        at = yield from _object(text, at)
    if _skip(text, at) != end:
        raise json.JSONDecodeError("Extra data", text, _skip(text, at))


def _object(text: str, at: int) -> Generator[tuple[str, object, int], None, int]:
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        return at + 1
    while True:
        if text[at : at + 1] != '"':
            raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
        at = _skip(text, at + 1)
        if text[at : at + 1] == "[" and text[_skip(text, at + 1) :][:1] in ("{", "]"):
            at = yield from _list(name, text, at)
        else:
            _value, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return at + 1
        at = _comma(text, at)


def _list(name: str, text: str, at: int) -> Generator[tuple[str, object, int], None, int]:
    yield name, None, -1
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        start = at
        value, at = _DECODER.raw_decode(text, at)
        yield name, value, start
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return at + 1
        at = _comma(text, at)


def _comma(text: str, at: int) -> int:
    if text[at : at + 1] != ",":
        raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
