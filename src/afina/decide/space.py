"""What a sweep searches: ranges and lists of values, of any setting that does not change what is compared."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, product
from typing import Any

from ..errors import Problem, RecipeError
from ..language import _
from ..recipe.load import KINDED, Override, compose
from ..recipe.read import parse
from ..recipe.recipe import Recipe
from ..section import shown

__all__ = ["Choice", "Dimension", "Range", "Space", "default_space", "searched", "space_of"]

#: Settings that decide on which rows, by what or how recipes are compared: these cannot differ among them.
FIXED = ("name", "language", "seed", "data", "audit", "task", "evaluate")
#: The ends of a range that differ by so much are searched by their logarithm.
LOG_FROM = 10.0
#: The default search goes from the learning rate that suits the method divided by this to it times this.
RATES = 4.0

_RANGE = re.compile(r"(\S+?)\s*\.\.\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Range:
    """Every number from one to another."""

    path: str
    low: float
    high: float
    whole: bool
    """Whether only whole numbers are tried."""
    log: bool
    """Whether equal ratios are equally far apart, in the place of equal differences."""

    @property
    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    def holds(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high

    def rounded(self, value: float) -> float:
        """Three digits are enough to try and easier to read."""
        return int(value) if self.whole else min(max(float(f"{value:.3g}"), self.low), self.high)

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Choice:
    """Each of several values."""

    path: str
    choices: tuple[Any, ...]

    @property
    def ends(self) -> tuple[Any, ...]:
        return self.choices

    def holds(self, value: object) -> bool:
        return value in self.choices

    def plain(self) -> dict[str, Any]:
        return {"path": self.path, "choices": list(self.choices)}


Dimension = Range | Choice


@dataclass(frozen=True)
class Space:
    """Recipes that differ from one in some settings."""

    recipe: Recipe
    dimensions: tuple[Dimension, ...]

    def of(self, values: Mapping[str, Any]) -> Recipe:
        """The recipe with these settings by path. Raises RecipeError where they do not fit each other."""
        return compose(self.recipe.plain(), _overrides(values))

    @property
    def default(self) -> dict[str, Any]:
        """The settings of the recipe itself; what it leaves to the method is what the method says."""
        return {dimension.path: _value(self.recipe, dimension.path) for dimension in self.dimensions}

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether these settings could be tried."""
        return all(dimension.holds(values[dimension.path]) for dimension in self.dimensions)

    def all(self, most: int) -> list[dict[str, Any]] | None:
        """Every combination, where there are no more than ``most`` of them."""
        sides: list[Sequence[Any]] = []
        for dimension in self.dimensions:
            if isinstance(dimension, Choice):
                sides.append(dimension.choices)
            elif dimension.whole and dimension.high - dimension.low < most:
                sides.append(range(int(dimension.low), int(dimension.high) + 1))
            else:
                return None
        if math.prod(map(len, sides)) > most:
            return None
        paths = [dimension.path for dimension in self.dimensions]
        return [dict(zip(paths, values, strict=True)) for values in product(*sides)]


def searched(given: Sequence[str]) -> dict[str, str]:
    """``section.key=1e-5..1e-3`` -> path and values. Raises RecipeError."""
    found: dict[str, str] = {}
    for text in given:
        path, equals, values = text.partition("=")
        if not equals or not path.strip() or path.strip() in found:
            raise RecipeError(
                _(
                    "what is searched is given once, as section.key=1..8 or section.key=1,2,4 (got {value})."
                ).format(value=shown(text)),
                where="--over",
            )
        found[path.strip()] = values.strip()
    return found


def space_of(recipe: Recipe, over: Mapping[str, Any], option: str = "") -> Space:
    """The recipes that a person wants to be tried.

    Args:
        over: path of a setting -> ``"1e-5..1e-3"`` or ``(1e-5, 1e-3)``, a range; ``"4,8,16"`` or
            ``[4, 8, 16]``, values.
        option: what gave them, such as ``--over``, for messages.

    Raises:
        RecipeError: with every problem: a range that is none, or an end that the setting does not take.
    """
    problems: list[Problem] = []
    dimensions: list[Dimension] = []
    for given, told in over.items():
        path = f"{given}.{Recipe.short[given]}" if given in Recipe.short else given
        where = f"{option} {given}".strip()
        try:
            if path.split(".")[0] in FIXED:
                raise RecipeError(
                    _("recipes that differ in this could not be compared with each other."),
                    where=where,
                    fix=_("Search settings of: {names}.").format(names="model, adapt, objective, train"),
                )
            dimensions.append(_dimension(recipe, path, told, where))
        except RecipeError as error:
            problems += error.problems
    space = Space(recipe, tuple(dimensions))
    problems += _unusable(space, option)
    if problems:
        raise RecipeError(list(dict.fromkeys(problems)))
    return space


def default_space(recipe: Recipe) -> Space:
    """The learning rate up to four times smaller and greater, and from half as many epochs to twice as many.

    Raises RecipeError where the recipe has neither.
    """
    rate, epochs = (_value(recipe, f"train.{name}") for name in ("learning_rate", "epochs"))
    if getattr(recipe.adapt, "head", None) == "closed_form":
        raise RecipeError(
            _("with '{adapt}' the head is found in one go: there is no learning rate to search.").format(
                adapt=recipe.adapt.kind
            ),
            where="adapt",
            fix=_("Use another method, or say what to search with --over."),
        )
    around = (float(f"{rate / RATES:.3g}"), float(f"{rate * RATES:.3g}"))
    return space_of(
        recipe, {"train.learning_rate": around, "train.epochs": (max(1, epochs // 2), 2 * epochs)}
    )


def _dimension(recipe: Recipe, path: str, told: Any, where: str) -> Dimension:
    found = _RANGE.fullmatch(told.strip()) if isinstance(told, str) else None
    if found:
        told = tuple(parse(end, where) for end in found.groups())
    elif isinstance(told, str):
        told = parse(f"[{told}]", where)
    if isinstance(told, tuple):
        return _range(recipe, path, told, where)
    if not isinstance(told, list) or len({shown(value) for value in told}) < 2:
        raise RecipeError(
            _("a search needs a range or several values (got {value}).").format(value=shown(told)),
            where=where,
            fix=_("Write them as {path}=1..8 or {path}=1,2,4.").format(path=path),
        )
    return Choice(path, tuple({shown(value): value for value in told}.values()))


def _range(recipe: Recipe, path: str, ends: tuple[Any, ...], where: str) -> Range:
    numbers = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
    if len(numbers) != 2 or len(ends) != 2 or not numbers[0] < numbers[1]:
        raise RecipeError(
            _("a range goes from a smaller number to a greater one (got {value}).").format(
                value="..".join(map(shown, ends))
            ),
            where=where,
        )
    low, high = numbers
    whole = float(low).is_integer() and float(high).is_integer() and not _takes(recipe, path, low + 0.5)
    log = low > 0 and high / low >= LOG_FROM
    return Range(path, int(low), int(high), True, log) if whole else Range(path, low, high, False, log)


def _takes(recipe: Recipe, path: str, value: object) -> bool:
    try:
        compose(recipe.plain(), [Override(path, value)])
    except RecipeError:
        return False
    return True


def _unusable(space: Space, option: str) -> Iterator[Problem]:
    """The first end of each dimension that the recipe does not take, also with each kind that is tried."""
    kinds = [dimension for dimension in space.dimensions if _is_kind(dimension.path)]
    bases: Iterable[dict[str, Any]] = chain(
        [{}], ({kind.path: value} for kind in kinds for value in kind.ends)
    )
    for base in bases:
        for dimension in space.dimensions:
            group = dimension.path.split(".")[0]
            if dimension in kinds and base:
                continue
            # What only one kind has is tried with the kinds that are searched, not with the recipe's own.
            if (
                not base
                and dimension not in kinds
                and any(kind.path.split(".")[0] == group for kind in kinds)
            ):
                continue
            for end in dimension.ends:
                try:
                    compose(space.recipe.plain(), _overrides({**base, dimension.path: end}, option))
                except RecipeError as error:
                    yield from error.problems
                    break


def _overrides(values: Mapping[str, Any], option: str = "") -> list[Override]:
    """Kinds come first, as a new kind starts from its own settings."""
    ordered = sorted(values, key=lambda path: not _is_kind(path))
    return [Override(path, values[path], f"{option} {path}" if option else "") for path in ordered]


def _is_kind(path: str) -> bool:
    group, _dot, name = path.partition(".")
    return name == "kind" and group in KINDED


def _value(recipe: Recipe, path: str) -> Any:
    if path in ("train.learning_rate", "train.epochs"):
        name = path.removeprefix("train.")
        chosen = getattr(recipe.train, name)
        return getattr(recipe.adapt, name) if chosen is None else chosen
    value: Any = recipe.plain()
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return json.loads(json.dumps(value))
