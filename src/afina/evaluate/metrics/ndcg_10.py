"""Normalised discounted cumulative gain."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .base import Vector
from .of_rankings import RankingMetric

__all__ = ["Ndcg10"]


class Ndcg10(RankingMetric):
    """nDCG@10: whether the documents that answer best stand first among the ten found; 1 is the best order.

    ``DCG = Σ_r grade_r / log2(r + 1)`` over ranks r from 1 to 10, divided by that of the best ranking there
    is (Järvelin & Kekäläinen 2002, with the linear gain of trec_eval and BEIR).
    """

    kind: Literal["ndcg_10"] = "ndcg_10"
    depth: ClassVar[int] = 10

    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        discounts = 1 / np.log2(np.arange(2, self.depth + 2))
        found = self.grades(truth, predicted)
        gained = found @ discounts[: found.shape[1]]
        ideal = [sorted(relevant.values(), reverse=True)[: self.depth] for relevant in truth]
        most = np.array([grades @ discounts[: len(grades)] for grades in map(np.array, ideal)])
        share: Vector = gained / most
        return share[:, None]
