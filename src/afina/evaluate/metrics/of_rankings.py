"""The contract of metrics that judge what a search found."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .base import Metric, Vector

__all__ = ["RankingMetric", "RecallAt"]


class RankingMetric(Metric):
    """Base of metrics of rankings.

    The truth of a question is a mapping from the numbers of the documents that answer it to their grades, in
    an array (N,) of objects; predictions are numbers of documents (N, K), best first, below 0 for none.
    """

    of_labels: ClassVar[bool] = False
    depth: ClassVar[int]
    """How many documents of a ranking count."""

    def grades(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        """(N, depth or fewer): the grade of each document that was found, 0 where it does not answer."""
        rows = [
            [relevant.get(number, 0.0) for number in found]
            for relevant, found in zip(truth, predicted[:, : self.depth].tolist(), strict=True)
        ]
        return np.array(rows, dtype=np.float64)


class RecallAt(RankingMetric):
    """Base of recall: the share of a question's documents that were found."""

    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        found = (self.grades(truth, predicted) > 0).sum(1)
        share: Vector = found / np.array([len(relevant) for relevant in truth])
        return share[:, None]
