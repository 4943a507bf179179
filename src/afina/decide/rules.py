"""What decides how far the ladder is climbed, and when fine-tuning is not worth it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..section import Section

__all__ = ["Rules"]


class Rules(Section):
    """When a dearer way is left out, and when a person is told not to fine-tune."""

    place: ClassVar[str] = "ladder"
    least_gain: float = Field(0.01, gt=0)
    """The smallest gain in the primary metric that is worth a dearer way. Where that has no bounds, as an
    error in the units of the labels or perplexity, it is a share of what the simplest way has."""
    budget: float | None = Field(None, gt=0)
    """The most seconds that training one way may take, by its forecast; empty: any time."""
    refresh_days: float | None = Field(None, gt=0)
    """After how many days the labels or the world will have changed, so that the model has to be made again;
    empty: it does not change."""
    label_seconds: float = Field(30.0, ge=0)
    """How many seconds a person needs to label one row, for what making the model again costs."""
    upkeep: float = Field(0.1, gt=0, le=1)
    """The largest share of the working time between two such changes (eight hours a day) that labelling and
    training again may take."""
