"""Models that tag words: against cheaper taggers, by kind of span and sentence by sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..data.load import Columns
from ..data.tagged import read_tagged
from ..evaluate import report as reports
from ..evaluate.compare import Candidate
from ..recipe.recipe import Recipe
from ..ship.shipped import Shipped
from ..ship.tagger import Tagger
from .alternatives import alternatives
from .base import Measuring

__all__ = ["ByTags"]


class ByTags(Measuring):
    """Beside cheaper taggers that are fitted on the training rows."""

    def before(self) -> list[Candidate]:
        return alternatives(self.prepared)

    def compared(self, candidates: list[Candidate]) -> dict[str, Any]:
        told = reports.tags(
            candidates[-1].test, self.truth("test"), self.prepared.dataset.splits.test,
            count=self.prepared.recipe.evaluate.examples,
        )  # fmt: skip
        return super().compared(candidates) | told

    def next(self, place: str) -> list[str]:
        return [
            f'afina predict {place} "…"',
            f"afina predict {place} --file new.csv -o answers.jsonl",
            f"afina evaluate {place} other.conll",
        ]

    @classmethod
    def again(cls, model: Shipped, recipe: Recipe, data: str | Path) -> dict[str, Any]:
        assert isinstance(model, Tagger)
        columns = Columns(model.details["text_column"], model.details["label_column"])
        examples = read_tagged(data, recipe.data, columns, model.tools.labels)
        truth = model.task.truth(examples, model.tools)
        answered = model.tags([example.words for example in examples])
        return {
            "rows": len(examples),
            "metrics": cls.intervals(model, recipe, truth, answered),
            **reports.tags(answered, truth, examples, count=recipe.evaluate.examples),
        }
