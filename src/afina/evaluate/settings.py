"""How results are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from ..section import Section
from ..table import Kinded, Table

__all__ = ["Evaluate", "kind_of"]


class Evaluate(Section):
    """How results are measured and against what."""

    place: ClassVar[str] = "evaluate"
    baselines: tuple[str | dict[str, Any], ...] | None = None
    """Cheaper alternatives to compare with, each by its name, or as a group of settings with its name as
    'kind'; empty: the usual ones of the task that apply to the data."""
    resamples: int = Field(2000, ge=100, le=100_000)
    """Bootstrap resamples behind every interval and test."""
    examples: int = Field(10, ge=0, le=1000)
    """How many of the worst and of the best answers the report shows."""
    label_errors: int = Field(20, ge=0, le=1000)
    """How many suspected label errors of the training rows the report shows."""

    def wanted(self, table: Table[Kinded], usual: Sequence[str]) -> list[Kinded]:
        """The alternatives that are asked for, or else the usual ones, in the order of their table."""
        made = {
            kind_of(given): table.make(given)
            for given in (usual if self.baselines is None else self.baselines)
        }
        return [made[kind] for kind in table if kind in made]


def kind_of(given: str | Mapping[str, Any]) -> str:
    """The name of an alternative; empty where it is missing."""
    return given if isinstance(given, str) else str(given.get("kind", ""))
