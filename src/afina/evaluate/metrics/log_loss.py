"""Logarithmic loss."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from .base import Metric, Vector

__all__ = ["SMALLEST", "LogLoss", "losses"]

#: Probabilities are kept at least so far from 0 and 1, as scikit-learn's log_loss does for float64.
SMALLEST = float(np.finfo(np.float64).eps)


class LogLoss(Metric):
    """Log loss: the mean surprise about the right answer, in nats; it punishes being sure and wrong.

    The cross-entropy with the truth, which may be soft. Many labels: the mean over the labels of the binary
    cross-entropy. Probabilities are clipped to [2.2e-16, 1 - 2.2e-16], so a single row adds at most 36.04.
    """

    kind: Literal["log_loss"] = "log_loss"
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, -math.log(SMALLEST))

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        loss = losses(truth, predicted, self.labels)
        return (loss / truth.shape[1] if self.labels == "many" else loss)[:, None]


def losses(truth: Vector, predicted: Vector, labels: Literal["one", "many"]) -> Vector:
    """(N,): the cross-entropy of each row, in nats; summed over the labels where there are many."""
    sure = np.clip(predicted, SMALLEST, 1 - SMALLEST)
    loss = -(truth * np.log(sure))
    if labels == "many":
        loss = loss - (1 - truth) * np.log1p(-sure)
    total: Vector = loss.sum(1)
    return total
