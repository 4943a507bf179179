"""A table maps the ``kind`` a person writes to the class that does it.

Each table is filled from an explicit list in its package's ``__init__``; a user's own class joins by
``register``. Two classes may not share a kind, and an unknown kind is answered with the nearest one.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from pydantic import BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from .errors import RecipeError
from .language import _
from .section import Section, near_miss, shown, told

__all__ = ["Kinded", "Table"]

Kinded = TypeVar("Kinded", bound=Section)


class Table(Generic[Kinded]):
    """``kind`` -> class, in the order of the list.

    Args:
        name: what the table holds, in English and singular ("method"), for messages.
        base: the abstract class that every entry extends.
        classes: the entries.
    """

    def __init__(self, name: str, base: type[Kinded], classes: Iterable[type[Kinded]]) -> None:
        self.name = name
        self.base = base
        self._classes: dict[str, type[Kinded]] = {}
        for cls in classes:
            self.register(cls)

    def register(self, cls: type[Kinded]) -> type[Kinded]:
        """Adds a class, also as a decorator. Raises TypeError on a wrong base, ValueError on a taken kind."""
        if not (isinstance(cls, type) and issubclass(cls, self.base)) or inspect.isabstract(cls):
            raise TypeError(f"{cls!r} is not a complete {self.base.__name__}")
        kind = cls.model_fields["kind"].default
        if kind in self._classes:
            raise ValueError(f"{self.name} {kind!r} is taken by {self._classes[kind].__qualname__}")
        self._classes[kind] = cls
        return cls

    def __getitem__(self, kind: str) -> type[Kinded]:
        """Raises RecipeError with the nearest known kind."""
        if kind not in self._classes:
            what, fix = self.unknown(kind)
            raise RecipeError(what, where=self.base.place, fix=fix)
        return self._classes[kind]

    def unknown(self, kind: object) -> tuple[str, str]:
        """What is told of a kind that the table does not have, and what to do."""
        what = _("there is no {table} {kind}.").format(table=_(self.name), kind=shown(kind))
        return what, near_miss(str(kind), self._classes)

    def __contains__(self, kind: object) -> bool:
        return kind in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def items(self) -> Iterable[tuple[str, type[Kinded]]]:
        return self._classes.items()

    def make(self, value: str | Mapping[str, Any] | Kinded) -> Kinded:
        """``"lora"``, ``{"kind": "lora", "rank": 8}`` or the object itself. Raises RecipeError."""
        if isinstance(value, self.base):
            return value
        values = {"kind": value} if isinstance(value, str) else dict(value)
        if "kind" not in values:
            raise RecipeError(
                _("'kind' is missing."), where=self.base.place, fix=near_miss("", self._classes)
            )
        return self[str(values["kind"])].of(values)

    @property
    def setting(self) -> BeforeValidator:
        """For a field of another section: ``adapt: Annotated[Method, METHODS.setting]``."""
        return BeforeValidator(self._validate)

    def _validate(self, value: object) -> object:
        if isinstance(value, self.base):
            return value
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, Mapping):
            raise PydanticCustomError("dict_type", "a group of settings is needed")
        kind = value.get("kind")
        if kind not in self._classes:
            what, fix = self.unknown(kind)
            raise PydanticCustomError("unknown_kind", "{error}", {"error": what, "fix": fix})
        cls = self._classes[kind]
        try:
            return cls.model_validate(dict(value))
        except ValidationError as error:
            # Told here, where the class is known: outside, only the abstract base is.
            raise told(error, cls) from None

    def describe(self) -> dict[str, str]:
        """kind -> the first line of its docstring, in the current language."""
        return {kind: _((cls.__doc__ or "").strip().splitlines()[0]) for kind, cls in self.items()}
