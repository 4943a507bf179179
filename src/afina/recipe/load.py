"""From a file and overrides to a checked recipe. What is given later wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..data.weak.settings import Weak
from ..errors import Problem, RecipeError
from ..language import _
from ..section import shown
from .check import problems as cross_section_problems
from .read import Read, parse, read
from .recipe import Recipe

__all__ = ["Override", "compose", "overrides", "recipe_from"]

#: A new kind has other settings, so it starts from its own defaults.
KINDED = frozenset(name for name, setting in Recipe.short.items() if setting == "kind")


@dataclass(frozen=True, slots=True)
class Override:
    """A setting given outside the file."""

    path: str
    value: Any
    option: str = ""
    """The option that gave it, for messages; empty: from Python."""


def overrides(sets: Sequence[str]) -> list[Override]:
    """``section.key=value``, each value in YAML. Raises RecipeError."""
    found = []
    for text in sets:
        path, equals, value = text.partition("=")
        if not equals:
            raise RecipeError(
                _("a setting is given as section.key=value (got {value}).").format(value=shown(text)),
                where="--set",
            )
        option = f"--set {path}"
        found.append(Override(path.strip(), parse(value, option), option))
    return found


def recipe_from(source: str | Path | Mapping[str, Any], given: Sequence[Override] = ()) -> Recipe:
    """The recipe of a command. Raises RecipeError with every problem.

    Args:
        source: a recipe's settings, its file, or else the data.
        given: what overrides them.
    """
    if isinstance(source, Mapping):
        return compose(source, given)
    found = _recipe(Path(source))
    if found is not None:
        return compose(found.values, given, found.places)
    return compose({"data": {"path": str(source)}}, given)


def compose(
    values: Mapping[str, Any], given: Sequence[Override] = (), places: Mapping[str, str] | None = None
) -> Recipe:
    """A checked recipe.

    Args:
        values: settings, nested; a bare word for a section is understood (:attr:`Recipe.short`), and so is
            the name of a file for ``data.weak``.
        places: path of a setting -> ``file:line``, for messages.

    Raises:
        RecipeError: with every problem, each where it was written.
    """
    resolved = Recipe.in_full(values)
    origins = dict(places or {})
    _read_rules(resolved, origins)
    for override in given:
        _put(resolved, override)
        if override.option:
            origins[override.path] = override.option
        _read_rules(resolved, origins)
    try:
        recipe = Recipe.of(resolved)
        problems: Sequence[Problem] = cross_section_problems(recipe)
    except RecipeError as error:
        problems = error.problems
    if problems:
        raise RecipeError([_placed(problem, origins) for problem in problems])
    return recipe


def _recipe(path: Path) -> Read | None:
    """YAML always is one; JSON is when it has a section. ``{"train": [...]}`` holds rows, not settings."""
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return read(path)
    if suffix != ".json" or not path.is_file():
        return None
    try:
        found = read(path)
    except RecipeError:
        # Not a recipe as far as can be told: the reader of data says what is wrong with it.
        return None
    # Those two are lists, as rows are.
    names = Recipe.model_fields.keys() & found.values.keys() - {"before", "track"}
    sections = [found.values[name] for name in names]
    return found if sections and not any(isinstance(value, list) for value in sections) else None


def _put(values: dict[str, Any], override: Override) -> None:
    where = override.option or override.path
    *steps, last = override.path.split(".")
    if not all((*steps, last)):
        raise RecipeError(_("the name of a setting is missing."), where=where)
    if not steps and last in Recipe.short and isinstance(override.value, str):
        steps, last = [last], Recipe.short[last]
    if last == "kind" and len(steps) == 1 and steps[0] in KINDED:
        before = values.get(steps[0])
        if not (isinstance(before, Mapping) and before.get("kind") == override.value):
            values[steps[0]] = {"kind": override.value}
        return
    group = values
    for step in steps:
        inside = group.get(step) or {}
        if not isinstance(inside, Mapping):
            raise RecipeError(
                _("'{name}' is a single setting, not a group of settings.").format(name=step), where=where
            )
        group[step] = dict(inside)
        group = group[step]
    group[last] = override.value


def _read_rules(values: dict[str, Any], origins: dict[str, str]) -> None:
    """Puts the labelling functions of a file in the place of its name.

    Raises:
        RecipeError: the file cannot be read, or holds none.
    """
    data = values.get("data")
    if isinstance(data, Mapping) and isinstance(data.get("weak"), str):
        shape = _("Labelling functions stand there under 'functions', each with its name and its settings.")
        found = read(Path(data["weak"]), shape)
        # A misspelt name is told as one.
        if not found.values.get("functions") and found.values.keys() <= Weak.model_fields.keys():
            raise RecipeError(_("this file holds no labelling functions."), where=data["weak"], fix=shape)
        values["data"] = {**data, "weak": found.values}
        origins |= {f"data.weak.{path}": place for path, place in found.places.items()}


def _placed(problem: Problem, origins: Mapping[str, str]) -> Problem:
    """The problem with the place where its setting was written, and the path where that does not say it."""
    path = problem.where
    steps = path.split(".")
    for count in range(len(steps), 0, -1):
        origin = origins.get(".".join(steps[:count]))
        if origin is not None:
            whole = origin == f"--set {path}" or (origin.startswith("--") and count == len(steps))
            return replace(problem, where=origin if whole else f"{origin}: {path}")
    return problem
