"""Mean reciprocal rank."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .base import Vector
from .of_rankings import RankingMetric

__all__ = ["Mrr10"]


class Mrr10(RankingMetric):
    """MRR@10: one divided by the rank of the first document that answers; 0 beyond the tenth rank."""

    kind: Literal["mrr_10"] = "mrr_10"
    depth: ClassVar[int] = 10

    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        right = self.grades(truth, predicted) > 0
        return np.where(right.any(1), 1 / (1 + right.argmax(1)), 0.0)[:, None]
