"""Metrics of what stands in the truth and in the answers alike."""

from __future__ import annotations

import numpy as np

from .base import Metric, Vector

__all__ = ["OverlapMetric"]


class OverlapMetric(Metric):
    """F1 = 2 TP / (2 TP + FP + FN) of each of C classes, and their mean; 0 for one that stands nowhere.

    A row's contributions are TP of every class, then 2 TP + FP + FN of every class: (N, 2 C).
    """

    def value(self, sums: Vector, rows: Vector) -> Vector:
        both, either = np.split(sums, 2, axis=1)
        scores = np.divide(2 * both, either, out=np.zeros_like(both), where=either > 0)
        mean: Vector = scores.mean(1)
        return mean

    def imagined(self, columns: int) -> Vector:
        right = np.eye(columns // 2)
        return np.block([[right, 2 * right], [0 * right, right]])
