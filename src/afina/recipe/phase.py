"""One training of several that a recipe makes, one after the other."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, SerializeAsAny

from ..adapt import METHODS, Method
from ..adapt.full import Full
from ..objectives import OBJECTIVES, Objective
from ..section import Section
from ..train.fit import Train

__all__ = ["Phase"]


class Phase(Section):
    """A training that comes before the main one, and hands its weights on."""

    place: ClassVar[str] = "before"
    adapt: Annotated[SerializeAsAny[Method], METHODS.setting] = Field(default_factory=Full)
    """Which weights of the model may change."""
    objective: Annotated[SerializeAsAny[Objective], OBJECTIVES.setting] | None = None
    """What training minimises; empty: what suits the task and the data."""
    train: Train = Field(default_factory=Train)
    """How long, how fast and in which steps the model learns."""
