"""One training of several that a recipe makes, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, SerializeAsAny, model_validator

from ..adapt import METHODS, Method
from ..adapt.full import Full
from ..data.load import Data
from ..objectives import OBJECTIVES, Objective
from ..section import Section
from ..tasks import TASKS, Task
from ..train.fit import Train

__all__ = ["Phase"]


class Phase(Section):
    """A training that comes before the main one, and hands its weights on."""

    place: ClassVar[str] = "before"
    #: ``data: texts/`` is short for ``data: {path: texts/}``: the setting that a bare word stands for.
    short: ClassVar[dict[str, str]] = {"data": "path"}

    data: Data | None = None
    """Texts of its own to learn from, such as raw texts of the domain; empty: the data of the recipe."""
    task: Annotated[SerializeAsAny[Task], TASKS.setting] | None = None
    """What the model does with texts of its own, such as fill_mask; empty: the task of the recipe."""
    adapt: Annotated[SerializeAsAny[Method], METHODS.setting] = Field(default_factory=Full)
    """Which weights of the model may change."""
    objective: Annotated[SerializeAsAny[Objective], OBJECTIVES.setting] | None = None
    """What training minimises; empty: what suits the task and the data."""
    train: Train = Field(default_factory=Train)
    """How long, how fast and in which steps the model learns."""

    @model_validator(mode="before")
    @classmethod
    def _in_full(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        return {
            name: {cls.short[name]: value} if name in cls.short and isinstance(value, str) else value
            for name, value in values.items()
        }
