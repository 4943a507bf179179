"""Models that tell numbers: against cheaper regressions, and row by row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..data.load import Columns, Data
from ..data.rated import read_rated
from ..data.row import Tools
from ..evaluate import report as reports
from ..ship.rater import Rater
from .by_rows import ByRows

__all__ = ["ByNumbers"]


class ByNumbers(ByRows):
    """Beside cheaper regressions that are fitted on the training rows."""

    def next(self, place: str) -> list[str]:
        texts = '"…" "…"' if self.prepared.recipe.data.pair else '"…"'
        return [
            f"afina predict {place} {texts}",
            f"afina predict {place} --file new.csv -o answers.csv",
            f"afina evaluate {place} other.csv",
        ]

    @staticmethod
    def read(file: str | Path, settings: Data, columns: Columns, tools: Tools) -> Sequence[Any]:
        return read_rated(file, settings, columns)

    @staticmethod
    def answer(model: Rater, examples: Sequence[Any]) -> NDArray[Any]:
        return model.outputs([model.task.asked(example) for example in examples])

    @staticmethod
    def shown(
        answered: NDArray[Any], truth: NDArray[Any], examples: Sequence[Any], tools: Tools, count: int
    ) -> dict[str, Any]:
        return reports.numbers(answered, truth, examples, count=count)
