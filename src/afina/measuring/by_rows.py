"""Models that answer each row with something that can be compared with the truth: labels, a number, tags."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..data.load import Columns, Data
from ..data.row import Tools
from ..evaluate.compare import Candidate
from ..recipe.recipe import Recipe
from ..ship.shipped import Shipped
from .alternatives import alternatives
from .base import Measuring

__all__ = ["ByRows"]


class ByRows(Measuring):
    """Beside cheaper ways that are fitted on the training rows; the report shows single rows too."""

    def before(self, *, timed: bool = False) -> list[Candidate]:
        return alternatives(self.prepared, timed=timed)

    def compared(self, candidates: list[Candidate]) -> dict[str, Any]:
        prepared = self.prepared
        return super().compared(candidates) | self.shown(
            candidates[-1].test, self.truth("test"), prepared.dataset.splits.test, prepared.tools,
            prepared.recipe.evaluate.examples,
        )  # fmt: skip

    @classmethod
    def again(cls, model: Shipped, recipe: Recipe, data: str | Path) -> dict[str, Any]:
        known = model.details
        columns = Columns(known["text_column"], known["label_column"], pair=known.get("pair_column"))
        examples = cls.read(data, recipe.data, columns, model.tools)
        truth, answered = model.task.truth(examples, model.tools), cls.answer(model, examples)
        return {
            "rows": len(examples),
            "metrics": cls.intervals(model, recipe, truth, answered),
            **cls.shown(answered, truth, examples, model.tools, recipe.evaluate.examples),
        }

    @staticmethod
    @abstractmethod
    def read(file: str | Path, settings: Data, columns: Columns, tools: Tools) -> Sequence[Any]:
        """The labelled rows of another file. Raises DataError."""

    @staticmethod
    @abstractmethod
    def answer(model: Any, examples: Sequence[Any]) -> NDArray[Any]:
        """What a finished model says of rows, in the form of the task's outputs."""

    @staticmethod
    @abstractmethod
    def shown(
        answered: NDArray[Any], truth: NDArray[Any], examples: Sequence[Any], tools: Tools, count: int
    ) -> dict[str, Any]:
        """What a report says of single rows: of each kind, at most ``count``."""
