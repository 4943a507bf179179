"""The contract of metrics that compare a number with the true one."""

from __future__ import annotations

import math
from typing import ClassVar

from .base import Metric, Vector

__all__ = ["ErrorMetric", "NumberMetric"]


class NumberMetric(Metric):
    """Base of metrics whose truth and predictions are numbers, (N,) each."""

    of_labels: ClassVar[bool] = False


class ErrorMetric(NumberMetric):
    """Base of those that tell how far the numbers are from the true ones, in their own unit."""

    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        """(N, 1): the size of each error."""
        error: Vector = abs(predicted - truth)[:, None]
        return error
