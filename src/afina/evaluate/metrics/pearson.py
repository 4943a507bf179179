"""Pearson's correlation."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from .base import Vector
from .of_numbers import NumberMetric

__all__ = ["Pearson"]


class Pearson(NumberMetric):
    """Correlation: how nearly the numbers rise and fall with the true ones on a line; 1 is exactly so.

    Pearson's r. It is 0 where either side has one number only, as nothing is told apart then.
    """

    kind: Literal["pearson"] = "pearson"
    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        x, y = truth - truth[0], predicted - predicted[0]
        return np.stack([x, y, x * x, y * y, x * y], axis=1)

    def value(self, sums: Vector, rows: Vector) -> Vector:
        x, y, xx, yy, xy = sums.T
        across, up = xx - x * x / rows, yy - y * y / rows
        flat = (across <= 1e-12 * xx) | (up <= 1e-12 * yy)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Vector = np.where(flat, 0.0, (xy - x * y / rows) / np.sqrt(across * up))
        return np.clip(found, -1.0, 1.0)
