"""Root mean squared error."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .base import Vector
from .of_numbers import ErrorMetric

__all__ = ["RootMeanSquaredError"]


class RootMeanSquaredError(ErrorMetric):
    """Root mean squared error: how far off the numbers are, in their own unit; far misses count most."""

    kind: Literal["rmse"] = "rmse"

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        return super().contributions(truth, predicted) ** 2

    def value(self, sums: Vector, rows: Vector) -> Vector:
        root: Vector = np.sqrt(sums[:, 0] / rows)
        return root
