"""The coefficient of determination."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from .base import Vector
from .of_numbers import NumberMetric

__all__ = ["R2"]


class R2(NumberMetric):
    """R²: the share of the differences between the true numbers that is explained; 0 is to tell their mean.

    ``1 - Σ(y - ŷ)² / Σ(y - ȳ)²``, which is negative where the mean of the very rows would be better. Where
    all true numbers are equal it is 1 for a perfect answer and 0 for any other, as in scikit-learn.
    """

    kind: Literal["r2"] = "r2"
    limits: ClassVar[tuple[float, float]] = (-math.inf, 1.0)

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        # Differences from one of the true numbers: sums of squares then lose no digits to a large mean, and
        # are exactly 0 where all are equal.
        given = truth - truth[0]
        return np.stack([(truth - predicted) ** 2, given, given**2], axis=1)

    def value(self, sums: Vector, rows: Vector) -> Vector:
        error, total, squares = sums.T
        spread = squares - total**2 / rows
        flat = spread <= 1e-12 * squares
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Vector = np.where(flat, np.where(error == 0, 1.0, 0.0), 1 - error / spread)
        return found
