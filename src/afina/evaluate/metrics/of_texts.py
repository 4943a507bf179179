"""The contract of metrics that compare a text with the one that was expected."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .base import Metric, Vector

__all__ = ["SacreBleu", "TextMetric"]


class TextMetric(Metric):
    """Base of metrics whose truth and predictions are texts: arrays (N,) of ``str``."""

    of_labels: ClassVar[bool] = False

    @abstractmethod
    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        """(N, K): what each answer adds to the sums."""


class SacreBleu(TextMetric):
    """Base of metrics that sacrebleu computes, from counts that it sums over the rows (Post 2018)."""

    limits: ClassVar[tuple[float, float]] = (0.0, 100.0)

    @classmethod
    @abstractmethod
    def tool(cls) -> Any:
        """sacrebleu's metric, with its settings."""

    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        counts: Sequence[Sequence[int]] = self.tool()._extract_corpus_statistics(
            predicted.tolist(), [truth.tolist()]
        )
        return np.array(counts, dtype=np.float64)

    def value(self, sums: Vector, rows: Vector) -> Vector:
        tool = self.tool()
        scores = [tool._compute_score_from_stats(counts).score for counts in sums.tolist()]
        return np.array(scores)
