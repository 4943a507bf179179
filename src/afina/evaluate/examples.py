"""The rows that a model gets most wrong, and those it gets most right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .metrics.base import Labels, Vector, decide, right
from .metrics.log_loss import losses

__all__ = ["Judged", "judged"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer beside the truth."""

    index: int
    """Position of the row."""
    truth: tuple[int, ...]
    """Number of the class; any count of them where rows have many labels."""
    predicted: tuple[int, ...]
    probability: float
    """What the model gave its answer; of many labels, the product over them, as if independent."""
    loss: float
    """Cross-entropy, in nats."""


def judged(
    truth: Vector, predicted: Vector, *, labels: Labels, count: int = 10
) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """The wrong answers of greatest loss, worst first, and the right ones of least loss, best first.

    Args:
        truth: (N, C).
        predicted: (N, C).
        labels: one or many a row.
        count: at most so many of each.
    """
    loss, correct = losses(truth, predicted, labels), right(truth, predicted, labels)
    true, said = decide(truth, labels), decide(predicted, labels)
    sure = predicted.max(1) if labels == "one" else np.where(said, predicted, 1 - predicted).prod(1)

    def judge(row: int) -> Judged:
        return Judged(
            row,
            tuple(np.flatnonzero(true[row]).tolist()),
            tuple(np.flatnonzero(said[row]).tolist()),
            float(sure[row]),
            float(loss[row]),
        )

    order = np.argsort(loss, kind="stable").tolist()
    worst = [row for row in sorted(order, key=lambda row: -loss[row]) if not correct[row]][:count]
    best = [row for row in order if correct[row]][:count]
    return tuple(map(judge, worst)), tuple(map(judge, best))
