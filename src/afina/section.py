"""Settings live beside the code they configure: every group of settings is a :class:`Section`.

A section is frozen, refuses unknown names, and takes its help from the docstring under each field. Its
problems are collected and told together, each with the path of the setting::

    adapt.rnk: no such setting (got 8). Did you mean 'rank'?
"""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from .errors import Problem, RecipeError
from .language import _

__all__ = ["Section", "near_miss", "problems_of", "shown", "told"]


class Section(BaseModel):
    """Base of every group of settings.

    A subclass that belongs to a table (a method, a task, …) declares ``kind: Literal["name"] = "name"``;
    the first line of its docstring is what ``afina list`` shows.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
        protected_namespaces=(),
    )

    #: Where the settings of this class stand in a recipe: ``adapt``, ``train`` …
    place: ClassVar[str] = ""
    #: Settings that name a file or a folder, which must be there before any work.
    files: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any] | Self, path: str | None = None) -> Self:
        """Checks plain values. Raises RecipeError with every problem, each at its setting's path."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise RecipeError(problems_of(error, cls, cls.place if path is None else path)) from None

    def plain(self) -> dict[str, Any]:
        """Every setting, resolved, as JSON values; ``of`` takes it back."""
        values: dict[str, Any] = self.model_dump(mode="json")
        return values


def shown(value: object, limit: int = 60) -> str:
    """A value as an error message shows it: as JSON, cut at ``limit`` characters."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def near_miss(name: str, known: Iterable[str]) -> str:
    """``Did you mean 'rank'?``, or the known names when none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return _("Did you mean '{name}'?").format(name=near[0])
    return _("Known: {names}.").format(names=", ".join(names)) if names else ""


def problems_of(error: ValidationError, section: type[BaseModel], path: str) -> list[Problem]:
    """Pydantic's findings as problems a person can act upon."""
    problems = []
    for detail in error.errors(include_url=False):
        steps = [str(step) for step in detail["loc"]]
        where = ".".join([path, *steps] if path else steps)
        told = _sentence(detail, section, detail["loc"])
        problems.append(Problem(told[0], where, told[1]))
    return problems


def told(error: ValidationError, section: type[BaseModel], *steps: str) -> ValidationError:
    """The same error with each finding already in words, for raising through an enclosing section.

    Args:
        steps: what stands between the two sections in the path of a setting.
    """
    details = []
    for detail in error.errors(include_url=False):
        what, fix = _sentence(detail, section, detail["loc"])
        message = PydanticCustomError("told", "{error}", {"error": what, "fix": fix})
        details.append(InitErrorDetails(type=message, loc=(*steps, *detail["loc"]), input=detail["input"]))
    return ValidationError.from_exception_data(error.title, details)


def _sentence(detail: Any, section: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, str]:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    got = shown(value)
    if kind == "extra_forbidden":
        owner = _owner(section, location[:-1], value)
        known = owner.model_fields if owner else {}
        return _("no such setting (got {value}).").format(value=got), near_miss(str(location[-1]), known)
    if kind == "missing":
        return _("this setting is required."), ""
    tell = _SENTENCES.get(kind)
    if tell is not None:
        return tell(context).format(value=got), ""
    if kind in ("value_error", "unknown_kind", "told"):
        return str(context.get("error", detail["msg"])), str(context.get("fix", ""))
    return _("this value cannot be used: {value}.").format(value=got), str(detail["msg"])


#: pydantic's error type -> the sentence that a person reads.
_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float"), lambda c: _("a whole number is needed (got {value}).")
    ),
    **dict.fromkeys(("float_type", "float_parsing"), lambda c: _("a number is needed (got {value}).")),
    "finite_number": lambda c: _("a finite number is needed (got {value})."),
    **dict.fromkeys(("bool_type", "bool_parsing"), lambda c: _("true or false is needed (got {value}).")),
    "string_type": lambda c: _("text is needed (got {value})."),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dict_type"),
        lambda c: _("a group of settings is needed (got {value})."),
    ),
    **dict.fromkeys(("list_type", "tuple_type"), lambda c: _("a list is needed (got {value}).")),
    "greater_than": lambda c: _("must be greater than {limit} (got {{value}}).").format(limit=c["gt"]),
    "greater_than_equal": lambda c: _("must be at least {limit} (got {{value}}).").format(limit=c["ge"]),
    "less_than": lambda c: _("must be less than {limit} (got {{value}}).").format(limit=c["lt"]),
    "less_than_equal": lambda c: _("must be at most {limit} (got {{value}}).").format(limit=c["le"]),
    "literal_error": lambda c: _("must be one of {choices} (got {{value}}).").format(choices=c["expected"]),
    **dict.fromkeys(("too_short", "string_too_short"), lambda c: _too_short(c)),
}


def _too_short(context: dict[str, Any]) -> str:
    least = context["min_length"]
    if least == 1:
        return _("must not be empty (got {value}).")
    return _("must have a length of at least {least} (got {{value}}).").format(least=least)


def _owner(section: type[BaseModel], steps: tuple[int | str, ...], value: object) -> type[BaseModel] | None:
    """The section that a path leads to, for naming the settings it does have."""
    owner: type[BaseModel] | None = section
    for step in steps:
        if owner is None:
            return None
        field = owner.model_fields.get(str(step))
        owner = _section_in(field.annotation) if field is not None else owner
    return owner


def _section_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            found = _section_in(part)
            if found is not None:
                return found
    return None
