"""Models that tag words: against cheaper taggers, by kind of span and sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..data.load import Columns, Data
from ..data.row import Tools
from ..data.tagged import read_tagged
from ..evaluate import report as reports
from ..ship.tagger import Tagger
from .by_rows import ByRows

__all__ = ["ByTags"]


class ByTags(ByRows):
    """Beside cheaper taggers that are fitted on the training rows."""

    def next(self, place: str) -> list[str]:
        return [
            f'afina predict {place} "…"',
            f"afina predict {place} --file new.csv -o answers.jsonl",
            f"afina evaluate {place} other.conll",
        ]

    @staticmethod
    def read(file: str | Path, settings: Data, columns: Columns, tools: Tools) -> Sequence[Any]:
        return read_tagged(file, settings, columns, tools.labels)

    @staticmethod
    def answer(model: Tagger, examples: Sequence[Any]) -> NDArray[Any]:
        return model.tags([example.words for example in examples])

    @staticmethod
    def shown(
        answered: NDArray[Any], truth: NDArray[Any], examples: Sequence[Any], tools: Tools, count: int
    ) -> dict[str, Any]:
        return reports.tags(answered, truth, examples, count=count)
