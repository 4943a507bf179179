"""Models that tell labels: against cheaper classifiers, by class, by probability and row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..data.load import Columns, read_labelled
from ..evaluate import report as reports
from ..evaluate.compare import Candidate
from ..recipe.prepare import Prepared
from ..recipe.recipe import Recipe
from ..ship.predictor import Predictor
from ..ship.shipped import Shipped
from .alternatives import alternatives
from .base import Measuring

__all__ = ["ByLabels"]


class ByLabels(Measuring):
    """Beside cheaper classifiers that are fitted on the training rows."""

    def __init__(self, prepared: Prepared) -> None:
        super().__init__(prepared)
        self._doubtful: dict[str, Any] = {}

    def before(self) -> list[Candidate]:
        candidates = alternatives(self.prepared)
        # Now, while the trunk is as it came: once trained on the labels, it could not doubt them.
        if not self.prepared.tools.multi_label and (most := self.prepared.recipe.evaluate.label_errors):
            suspects = self.prepared.suspects[:most]
            self._doubtful = {"label_errors": [suspect.plain() for suspect in suspects]}
        return candidates

    def compared(self, candidates: list[Candidate]) -> dict[str, Any]:
        tools = self.prepared.tools
        told = reports.answers(
            candidates[-1].test, self.truth("test"), self.prepared.dataset.splits.test, tools.labels,
            multi_label=tools.multi_label, count=self.prepared.recipe.evaluate.examples,
        )  # fmt: skip
        return super().compared(candidates) | told | self._doubtful

    def next(self, place: str) -> list[str]:
        return [
            f'afina predict {place} "…"',
            f"afina predict {place} --file new.csv -o answers.csv",
            f"afina evaluate {place} other.csv",
        ]

    @classmethod
    def again(cls, model: Shipped, recipe: Recipe, data: str | Path) -> dict[str, Any]:
        assert isinstance(model, Predictor)
        labels, multi_label = model.tools.labels, model.tools.multi_label
        columns = Columns(model.details["text_column"], model.details["label_column"])
        examples = read_labelled(data, recipe.data, columns, labels, multi_label)
        truth = model.task.truth(examples, model.tools)
        answered = model.probabilities([example.text for example in examples])
        return {
            "rows": len(examples),
            "metrics": cls.intervals(model, recipe, truth, answered),
            **reports.answers(
                answered, truth, examples, labels, multi_label=multi_label, count=recipe.evaluate.examples
            ),
        }
