"""Every setting, with its type, default and help: for ``afina list settings`` and the page of the docs."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ..adapt import METHODS
from ..data.audit import CHECKS, Audit
from ..evaluate.baselines import BASELINES
from ..evaluate.prompts import PROMPTS
from ..language import _
from ..objectives import OBJECTIVES
from ..section import Section, shown
from ..table import Table
from ..tasks import TASKS
from .recipe import Recipe

__all__ = ["help_of", "settings", "settings_page"]

_TABLES: dict[str, Table[Any]] = {"task": TASKS, "adapt": METHODS, "objective": OBJECTIVES}
#: A list of kinds -> the tables that they are in.
_LISTED: dict[str, tuple[Table[Any], ...]] = {"evaluate.baselines": (BASELINES, PROMPTS)}


def help_of(field: FieldInfo) -> str:
    """The docstring under a setting, in one line and in the current language."""
    text = " ".join((field.description or "").split())
    return _(text) if text else ""


def settings() -> list[dict[str, Any]]:
    """One dict a setting: ``name`` (its path), ``type``, ``default`` (JSON), ``help``, and ``of``.

    ``of`` is the kind that has the setting, where only one kind of a table has it.
    """
    return list(_section(Recipe, ""))


def _section(section: type[Section], path: str, of: str | None = None) -> Iterator[dict[str, Any]]:
    for name, field in section.model_fields.items():
        where = f"{path}.{name}" if path else name
        inner = _inner(field.annotation)
        if not path and name in _TABLES:
            yield from _kinds(name, field)
        elif inner is not None:
            yield from _section(inner, where)
        elif section is Audit and name == "settings":
            for kind, check in CHECKS.items():
                yield from _section(check, f"{where}.{kind}")
        elif name != "kind":
            yield {
                "name": where,
                "type": _type(field.annotation) + _limits(field),
                "default": _default(field),
                "help": help_of(field),
                "of": of,
            }
            for table in _LISTED.get(where, ()):
                for kind, cls in table.items():
                    yield from _section(cls, where, f"{_(table.name)} {kind}")


def _kinds(name: str, field: FieldInfo) -> Iterator[dict[str, Any]]:
    table = _TABLES[name]
    made = field.get_default(call_default_factory=True)
    yield {
        "name": name,
        "type": _("one of {choices}").format(choices=", ".join(table)),
        "default": made.kind if made is not None else None,
        "help": help_of(field),
        "of": None,
    }
    for kind, cls in table.items():
        yield from _section(cls, name, kind)


def _inner(annotation: object) -> type[Section] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def _default(field: FieldInfo) -> object:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return None
    return list(value) if isinstance(value, tuple) else value


def _type(annotation: object) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return _("one of {choices}").format(choices=", ".join(str(choice) for choice in arguments))
    if origin in (typing.Union, types.UnionType):
        parts = [_type(part) for part in arguments if part is not type(None)]
        return _(" or ").join(parts)
    if origin in (tuple, list):
        return _("list of: {type}").format(type=_type(arguments[0]))
    if _inner(annotation) is not None:
        return _("group of settings")
    if origin is dict and arguments[1] is Any:
        return _("group of settings")
    if origin is dict:
        return _("name: value pairs, each value {type}").format(type=_type(arguments[1]))
    names = {bool: _("true or false"), int: _("whole number"), float: _("number"), str: _("text")}
    return names[annotation]  # type: ignore[index]


def _limits(field: FieldInfo) -> str:
    parts = []
    for limit in field.metadata:
        if isinstance(limit, Ge):
            parts.append(_("at least {limit}").format(limit=limit.ge))
        elif isinstance(limit, Gt):
            parts.append(_("more than {limit}").format(limit=limit.gt))
        elif isinstance(limit, Le):
            parts.append(_("at most {limit}").format(limit=limit.le))
        elif isinstance(limit, Lt):
            parts.append(_("less than {limit}").format(limit=limit.lt))
    return f" ({', '.join(parts)})" if parts else ""


def settings_page() -> str:
    """docs/settings.md, in the current language."""
    lines = [
        "# " + _("Settings"),
        "",
        _(
            "Made by 'make docs' from the code; do not edit. Every setting can stand in a recipe, or be "
            "given as `--set name=value`."
        ),
        "",
    ]
    section = None
    for setting in settings():
        top = setting["name"].split(".")[0] if "." in setting["name"] or setting["name"] in _TABLES else ""
        if top != section:
            section = top
            if lines[-1]:
                lines.append("")
            lines += ["## " + (f"`{top}`" if top else _("The run")), ""]
            if top:
                lines += [help_of(Recipe.model_fields[top]), ""]
            lines += [
                "| " + " | ".join((_("Setting"), _("Type"), _("Default"), _("What it does"))) + " |",
                "|---|---|---|---|",
            ]
        name = f"`{setting['name']}`" + (f" ({setting['of']})" if setting["of"] else "")
        default = "" if setting["default"] is None else f"`{shown(setting['default'])}`"
        told = setting["help"].replace("|", r"\|").replace("*", r"\*")
        lines.append(f"| {name} | {setting['type']} | {default} | {told} |")
    return "\n".join([*lines, ""])
