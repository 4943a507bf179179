"""What is taken for what, and how well each class is recognised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .metrics.base import Labels, Vector, decide

__all__ = ["PerClass", "confusion", "per_class"]


@dataclass(frozen=True, slots=True)
class PerClass:
    """How well one class is recognised. What would be divided by 0 is 0."""

    label: str
    precision: float
    """Share of the answers of this class that are right."""
    recall: float
    """Share of the rows of this class that are found."""
    f1: float
    support: int
    """Rows of this class."""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def confusion(truth: Vector, predicted: Vector) -> NDArray[np.int64]:
    """(C, C) rows of each true class (down) that were given each class (across); one label a row."""
    true, said = decide(truth, "one").astype(np.int64), decide(predicted, "one").astype(np.int64)
    return true.T @ said


def per_class(
    truth: Vector, predicted: Vector, names: tuple[str, ...], *, labels: Labels
) -> tuple[PerClass, ...]:
    """Precision, recall and F1 of each class, in the order of ``names``."""
    true, said = decide(truth, labels), decide(predicted, labels)
    both, positive, answered = (true & said).sum(0), true.sum(0), said.sum(0)
    return tuple(
        PerClass(
            name,
            _ratio(both[column], answered[column]),
            _ratio(both[column], positive[column]),
            _ratio(2 * both[column], positive[column] + answered[column]),
            int(positive[column]),
        )
        for column, name in enumerate(names)
    )


def _ratio(part: int, whole: int) -> float:
    return float(part / whole) if whole else 0.0
