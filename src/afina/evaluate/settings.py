"""How results are measured."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..section import Section

__all__ = ["Evaluate"]


class Evaluate(Section):
    """How results are measured and against what."""

    place: ClassVar[str] = "evaluate"
    baselines: tuple[str, ...] | None = None
    """Cheaper alternatives to compare with; empty: all that apply to the data."""
    resamples: int = Field(2000, ge=100, le=100_000)
    """Bootstrap resamples behind every interval and test."""
    examples: int = Field(10, ge=0, le=1000)
    """How many of the worst and of the best answers the report shows."""
    label_errors: int = Field(20, ge=0, le=1000)
    """How many suspected label errors of the training rows the report shows."""
