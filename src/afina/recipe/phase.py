"""One training of several that a recipe makes, one after the other."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, SerializeAsAny

from ..adapt import METHODS, Method
from ..adapt.full import Full
from ..data.load import Data
from ..objectives import OBJECTIVES, Objective
from ..tasks import TASKS, Task
from ..train.fit import Train
from .short import Shortened

__all__ = ["Phase"]


class Phase(Shortened):
    """A training that comes before the main one, and hands its weights on."""

    place: ClassVar[str] = "before"
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
