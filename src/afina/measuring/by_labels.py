"""Models that tell labels: against cheaper classifiers, by class, by probability and row by row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.load import Columns, Data, read_labelled
from ..data.row import Tools
from ..evaluate import report as reports
from ..evaluate.compare import Candidate
from ..evaluate.label_errors import cross_validated, label_errors
from ..recipe.prepare import Prepared
from ..ship.predictor import Predictor
from .by_rows import ByRows

__all__ = ["ByLabels"]


class ByLabels(ByRows):
    """Beside cheaper classifiers that are fitted on the training rows."""

    def __init__(self, prepared: Prepared) -> None:
        super().__init__(prepared)
        self._doubtful: dict[str, Any] = {}

    def before(self) -> list[Candidate]:
        candidates = super().before()
        # Now, while the trunk is as it came: once trained on the labels, it could not doubt them.
        self._doubtful = self._suspects()
        return candidates

    def compared(self, candidates: list[Candidate]) -> dict[str, Any]:
        return super().compared(candidates) | self._doubtful

    def next(self, place: str) -> list[str]:
        return [
            f'afina predict {place} "…"',
            f"afina predict {place} --file new.csv -o answers.csv",
            f"afina evaluate {place} other.csv",
        ]

    @staticmethod
    def read(file: str | Path, settings: Data, columns: Columns, tools: Tools) -> Sequence[Any]:
        return read_labelled(file, settings, columns, tools.labels, tools.multi_label)

    @staticmethod
    def answer(model: Predictor, examples: Sequence[Any]) -> NDArray[Any]:
        return model.probabilities([example.text for example in examples])

    @staticmethod
    def shown(
        answered: NDArray[Any], truth: NDArray[Any], examples: Sequence[Any], tools: Tools, count: int
    ) -> dict[str, Any]:
        return reports.answers(
            answered, truth, examples, tools.labels, multi_label=tools.multi_label, count=count
        )

    def _suspects(self) -> dict[str, Any]:
        """Training rows whose one label may be wrong, each judged by a head on the others."""
        recipe, tools = self.prepared.recipe, self.prepared.tools
        train, truth = self.prepared.dataset.splits.train, self.prepared.truth["train"]
        if not recipe.evaluate.label_errors or tools.multi_label:
            return {}
        weights = np.array([example.weight for example in train])
        # A row that belongs to no group is one of its own.
        groups = np.array([example.group or f"#{number}" for number, example in enumerate(train)])
        features = self.prepared.features["train"].numpy()
        unseen = cross_validated(features, truth, weights, seed=recipe.seed, groups=groups)
        found = label_errors(truth, unseen, recipe.evaluate.label_errors)
        return {"label_errors": reports.suspects(found, train, tools.labels)}
