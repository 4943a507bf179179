"""Models that tell numbers: against cheaper regressions, and row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..data.load import Columns
from ..data.rated import read_rated
from ..evaluate import report as reports
from ..evaluate.compare import Candidate
from ..recipe.recipe import Recipe
from ..ship.rater import Rater
from ..ship.shipped import Shipped
from .alternatives import alternatives
from .base import Measuring

__all__ = ["ByNumbers"]


class ByNumbers(Measuring):
    """Beside cheaper regressions that are fitted on the training rows."""

    def before(self) -> list[Candidate]:
        return alternatives(self.prepared)

    def compared(self, candidates: list[Candidate]) -> dict[str, Any]:
        told = reports.numbers(
            candidates[-1].test, self.truth("test"), self.prepared.dataset.splits.test,
            count=self.prepared.recipe.evaluate.examples,
        )  # fmt: skip
        return super().compared(candidates) | told

    def next(self, place: str) -> list[str]:
        texts = '"…" "…"' if self.prepared.recipe.data.pair else '"…"'
        return [
            f"afina predict {place} {texts}",
            f"afina predict {place} --file new.csv -o answers.csv",
            f"afina evaluate {place} other.csv",
        ]

    @classmethod
    def again(cls, model: Shipped, recipe: Recipe, data: str | Path) -> dict[str, Any]:
        assert isinstance(model, Rater)
        known = model.details
        columns = Columns(known["text_column"], known["label_column"], pair=known.get("pair_column"))
        examples = read_rated(data, recipe.data, columns)
        truth = model.task.truth(examples, model.tools)
        answered = model.outputs([model.task.asked(example) for example in examples])
        return {
            "rows": len(examples),
            "metrics": cls.intervals(model, recipe, truth, answered),
            **reports.numbers(answered, truth, examples, count=recipe.evaluate.examples),
        }
