"""How much better than one recipe the best of many is when they are all equally good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..evaluate.metrics import Metric
from ..evaluate.metrics.base import Vector
from ..evaluate.statistics import Resampled, draws, resample_parts

__all__ = ["Chance", "chance", "resampled"]


@dataclass(frozen=True, slots=True)
class Chance:
    """What a search over equally good recipes would have found."""

    gain: float
    """How much better the best is than the first; a greater number is better whatever the metric."""
    expected: float
    """The mean of that gain when the rows alone make the difference."""
    high: float
    """What that gain stays below 19 times in 20."""
    p: float
    """How often that gain is at least the one that was found."""
    recipes: int

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def chance(values: Vector, resamples: Vector) -> Chance:
    """The reality check for the best of many (White 2000, "A Reality Check for Data Snooping").

    Every recipe answered the same rows, so their scores on a resample of the rows vary together as much as
    their answers agree. Each is moved to one and the same mean, its score on the rows being taken from those
    on the resamples; the greatest of what is left, less that of the first, is what chance gives.

    Args:
        values: (k,) score of each recipe on the rows, greater is better; the first is what the others are to
            beat.
        resamples: (B, k) likewise on the same resamples of the rows.
    """
    apart = values - values[0]
    gains = ((resamples - resamples[:, :1]) - apart).max(1)
    gain = float(apart.max())
    # + 1: the rows themselves are one more resample.
    p = (1 + int((gains >= gain).sum())) / (1 + len(gains))
    return Chance(gain, float(gains.mean()), float(np.quantile(gains, 0.95)), p, len(values))


def resampled(metric: Metric, parts: Mapping[int, Vector], seed: int, resamples: int) -> dict[int, Resampled]:
    """The metric on the rows and on the same resamples of them, for each recipe.

    Args:
        parts: number of a recipe -> (N, K), what its rows add to the sums (:meth:`Metric.contributions`).
    """
    counts = draws(len(next(iter(parts.values()))), resamples, seed)
    return {number: resample_parts(metric, part, counts) for number, part in parts.items()}
