"""Does a stated probability of 80 % come true in 80 % of the cases? The numbers of a reliability diagram."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .metrics.base import Vector, right
from .metrics.calibration_error import BINS, CalibrationError, bins

__all__ = ["Bin", "Calibration", "calibration"]


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows whose answer was given with a probability in (low, high]."""

    low: float
    high: float
    confidence: float
    """Mean probability of the answers."""
    accuracy: float
    """Share of right answers."""
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """The expected calibration error and the bins it is made of; bins without rows are left out."""

    value: float
    bins: tuple[Bin, ...]

    def plain(self) -> dict[str, Any]:
        return {"value": self.value, "bins": [asdict(each) for each in self.bins]}


def calibration(truth: Vector, predicted: Vector) -> Calibration:
    """The calibration of predictions with one label a row, truth and predicted (N, C)."""
    places, confident, correct = bins(predicted), predicted.max(1), right(truth, predicted, "one")
    return Calibration(
        float(CalibrationError()(truth, predicted)),
        tuple(
            Bin(
                place / BINS,
                (place + 1) / BINS,
                float(confident[places == place].mean()),
                float(correct[places == place].mean()),
                int((places == place).sum()),
            )
            for place in np.unique(places).tolist()
        ),
    )
