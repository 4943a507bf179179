"""Expected calibration error."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .base import Metric, Vector, right

__all__ = ["BINS", "CalibrationError", "bins"]

BINS = 15


class CalibrationError(Metric):
    """Calibration error: how far the stated probability of an answer is from how often it is right.

    The expected calibration error over 15 bins of equal width (m/15, (m+1)/15] of the probability of the
    answer: the mean over rows of |accuracy - mean probability| of their bin (Naeini et al. 2015; Guo et al.
    2017, "On Calibration of Modern Neural Networks"). It is biased upwards on few rows.
    """

    kind: Literal["calibration_error"] = "calibration_error"
    multi_label: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        gap = right(truth, predicted, self.labels) - predicted.max(1)
        parts = np.zeros((len(truth), BINS))
        parts[np.arange(len(truth)), bins(predicted)] = gap
        return parts

    def value(self, sums: Vector, rows: Vector) -> Vector:
        error: Vector = np.abs(sums).sum(1) / rows
        return error


def bins(predicted: Vector) -> NDArray[np.int64]:
    """(N,): the bin of each row, by the probability of its most probable class."""
    edges = np.arange(1, BINS) / BINS
    places: NDArray[np.int64] = np.searchsorted(edges, predicted.max(1), side="left")
    return places
