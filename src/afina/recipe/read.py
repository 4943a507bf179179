"""Reading a recipe: YAML 1.2 or JSON, strictly, remembering the line of every setting.

The scalars are those of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema): ``no``,
``sí`` and ``on`` are text, ``1e-4`` is a number. Anchors, aliases and tags are refused, as a recipe needs
none and they are how a small file becomes a huge one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ..errors import RecipeError
from ..language import _

__all__ = ["Read", "parse", "read"]

#: Bytes. A recipe is written by hand; anything longer is another kind of file.
LARGEST = 1_000_000
DEEPEST = 20

_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"[-+]?[0-9]{1,300}"), int),
    (re.compile(r"0o[0-7]{1,300}"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,300}"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda text: float("nan")),
)


@dataclass(frozen=True, slots=True)
class Read:
    """What a recipe says, and where each setting stands."""

    values: dict[str, Any]
    places: dict[str, str] = field(default_factory=dict)
    """Path of a setting (``train.epochs``) -> ``file:line``."""


def read(path: Path, shape: str = "") -> Read:
    """A file of settings. Raises RecipeError naming the file, the line and the column.

    Args:
        shape: a sentence that says what stands in the file, where it is no recipe.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RecipeError(_("there is no such file."), where=str(path)) from None
    if len(data) > LARGEST:
        raise RecipeError(_("this file is too large to hold settings."), where=str(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RecipeError(
            _("settings must be written in UTF-8."),
            where=f"{path}:{line}",
            fix=_("Save the file as UTF-8 in your editor."),
        ) from None
    found = _json(text, str(path)) if path.suffix.lower() == ".json" else _Builder(text, str(path)).document()
    if not isinstance(found.values, dict):
        raise RecipeError(
            _("this file does not hold settings with their names.")
            if shape
            else _("a recipe is a list of settings, each with its name, such as 'seed: 0'."),
            where=f"{path}:1",
            fix=shape,
        )
    return found


def parse(text: str, where: str) -> Any:
    """One value, as in ``--set train.epochs=2``. ``where`` names the option for messages."""
    return _Builder(text, where, lines=False).document().values


def _json(text: str, file: str) -> Read:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _value in found]
        for name in names:
            if names.count(name) > 1:
                raise RecipeError(_("'{name}' is given twice.").format(name=name), where=file)
        return dict(found)

    def constant(name: str) -> NoReturn:
        raise RecipeError(_("{name} is not a number that can be used.").format(name=name), where=file)

    try:
        values = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise RecipeError(
            _("this is not valid JSON."),
            where=f"{file}:{error.lineno}:{error.colno}",
            fix=_("Look for a missing or extra comma, quote or bracket there."),
        ) from None
    except (RecursionError, ValueError):
        raise RecipeError(
            _("the settings are nested too deeply, or a number is too long."), where=file
        ) from None
    return Read(values, dict.fromkeys(_paths(values), file))


def _paths(values: object, prefix: str = "") -> Iterator[str]:
    if isinstance(values, dict):
        for name, value in values.items():
            yield f"{prefix}{name}"
            yield from _paths(value, f"{prefix}{name}.")


class _Builder:
    """Values from the events of ruamel.yaml's parser, which resolves nothing by itself."""

    def __init__(self, text: str, file: str, *, lines: bool = True) -> None:
        self.file = file
        self.lines = lines
        self.places: dict[str, str] = {}
        self._events = self._guarded(text)

    def document(self) -> Read:
        for event in self._events:
            if isinstance(event, NodeEvent):
                values = self._value(event, (), 0)
                break
        else:
            values = {} if self.lines else None
        if any(isinstance(event, NodeEvent) for event in self._events):
            raise RecipeError(_("settings are one document only ('---' stands once)."), where=self.file)
        # An empty file, or one with nothing but comments, sets nothing.
        return Read({} if values is None and self.lines else values, self.places)

    def _guarded(self, text: str) -> Iterator[Event]:
        parser = YAML(typ="safe", pure=True)
        try:
            yield from parser.parse(text)
        except MarkedYAMLError as error:
            what, fix = _("this line cannot be read as YAML."), ""
            if "\\t" in (error.problem or ""):
                what = _("there is a tab; YAML is indented with spaces.")
                fix = _("Replace the tab by spaces.")
            else:
                fix = _("Check its indentation, colons, quotes and brackets.")
            raise RecipeError(
                what, where=self._at(error.problem_mark or error.context_mark), fix=fix
            ) from None
        except YAMLError:
            raise RecipeError(
                _("there is a control character, which YAML does not allow."), where=self.file
            ) from None
        except RecursionError:
            raise RecipeError(_("the settings are nested too deeply."), where=self.file) from None

    def _at(self, mark: StringMark | None) -> str:
        if mark is None or not self.lines:
            return self.file
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}"

    def _value(self, event: Event, path: tuple[str, ...], depth: int) -> Any:
        assert isinstance(event, NodeEvent)
        if isinstance(event, AliasEvent) or event.anchor:
            raise RecipeError(
                _("settings have no anchors (&) and aliases (*)."),
                where=self._at(event.start_mark),
                fix=_("Write the value itself, or put it between quotes if it is text."),
            )
        assert isinstance(event, ScalarEvent | CollectionStartEvent)
        if event.tag:
            raise RecipeError(
                _("settings have no tags (!)."),
                where=self._at(event.start_mark),
                fix=_("Put the value between quotes if it is text."),
            )
        if depth > DEEPEST:
            raise RecipeError(_("the settings are nested too deeply."), where=self._at(event.start_mark))
        if isinstance(event, MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path, depth)
        assert isinstance(event, ScalarEvent)
        return event.value if event.style else _scalar(event.value)

    def _mapping(self, path: tuple[str, ...], depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            if not isinstance(event, ScalarEvent) or event.tag or event.anchor:
                raise RecipeError(_("a setting's name must be plain text."), where=self._at(event.start_mark))
            name = event.value
            if name in values:
                raise RecipeError(
                    _("'{name}' is given twice.").format(name=name), where=self._at(event.start_mark)
                )
            if self.lines:
                self.places[".".join((*path, name))] = f"{self.file}:{event.start_mark.line + 1}"
            values[name] = self._value(next(self._events), (*path, name), depth + 1)
        return values

    def _sequence(self, path: tuple[str, ...], depth: int) -> list[Any]:
        values: list[Any] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            values.append(self._value(event, (*path, str(len(values))), depth + 1))
        return values


def _scalar(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    for pattern, number in _NUMBERS:
        if pattern.fullmatch(text):
            return number(text)
    return text
