"""Models that tell labels: against cheaper classifiers, by class, by probability and row by row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..data.load import Columns, Data, read_labelled
from ..data.row import Tools
from ..evaluate import report as reports
from ..evaluate.compare import Candidate
from ..recipe.prepare import Prepared
from ..ship.predictor import Predictor
from .by_rows import ByRows

__all__ = ["ByLabels"]


class ByLabels(ByRows):
    """Beside cheaper classifiers that are fitted on the training rows."""

    def __init__(self, prepared: Prepared) -> None:
        super().__init__(prepared)
        self._doubtful: dict[str, Any] = {}

    def before(self, *, timed: bool = False) -> list[Candidate]:
        candidates = super().before(timed=timed)
        # Now, while the trunk is as it came: once trained on the labels, it could not doubt them.
        if not self.prepared.tools.multi_label and (most := self.prepared.recipe.evaluate.label_errors):
            suspects = self.prepared.suspects[:most]
            self._doubtful = {"label_errors": [suspect.plain() for suspect in suspects]}
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
