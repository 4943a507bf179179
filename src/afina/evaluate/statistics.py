"""How sure a number is: bootstrap intervals, paired tests, and what a test set can show at all.

The bootstrap resamples rows with replacement (Efron & Tibshirani 1993, "An Introduction to the Bootstrap").
Models are compared on the *same* resamples (Koehn 2004, "Statistical Significance Tests for Machine
Translation Evaluation"), so that what makes rows hard for all of them cancels out.

Percentile intervals are too narrow on few rows. They are widened as Hesterberg 2015 proposes ("What Teachers
Should Know About the Bootstrap", the expanded percentile interval): the ends are the quantiles
Phi(-+ sqrt(n / (n - 1)) t_{n-1}), which makes them agree with Student's t for a mean, and vanishes for large
n. A quantile beyond the outermost resample is not known, and the end is then the smallest or greatest value
there is, or the outermost resample where there is none: so it is for four rows and fewer. The p-values are
the levels at which these very intervals begin to hold 0: p <= 0.05 and a 95 % interval without 0 are the same
statement.

Two corrections more make the interval of one model hold the true value (bench/coverage.py). Rows that were
not drawn are unknown to resampling: an accuracy of exactly 1, or a class of which no row is right, would be
so in every resample. Each therefore also draws, on average, one row that is right and one that is wrong
(:meth:`Metric.imagined`), those of Laplace's rule of succession. And where few rows make a metric too small
or too great, as they do macro-F1 and the calibration error, the resamples are so twice: they are moved back
by twice their bias (Efron & Tibshirani 1993, chapter 10), which is 0 for a mean, as it is taken from the
value of the mean resample. Where the bias is larger than the spread, as that of macro-F1 with as many classes
as rows, the interval reaches down to the value on the rows.

Of a difference most of the bias is the same on both sides, and to take off the rest makes more of no
difference than there is. But rows that were not drawn matter to it too: two models that agree on all of few
rows would be equal in every resample. So each resample also draws, half the time each, one row that the first
model has right and the second wrong, and one the other way round (Agresti & Min 2005, "Simple improved
confidence intervals for comparing matched proportions", add half a row to each).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest, norm, t

from .metrics.base import Labels, Metric, Vector, right, summed

__all__ = [
    "Difference",
    "Interval",
    "Resampled",
    "draws",
    "holm",
    "interval",
    "mcnemar",
    "paired_difference",
    "resample",
    "resample_parts",
    "smallest_detectable",
]

Counts = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the interval that holds the true one with the stated confidence."""

    value: float
    low: float
    high: float

    def plain(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much greater a metric is for one model than for another on the same rows."""

    difference: float
    low: float
    high: float
    p: float
    """Two-sided."""

    def plain(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Resampled:
    """A metric on the rows, and on each resample of them."""

    value: float
    values: Vector
    """(B,)"""
    corrected: Vector
    """(B,): likewise, with what was not drawn imagined and the bias taken off; for the interval."""
    rows: int
    limits: tuple[float, float]
    """The smallest and the greatest value there is."""
    disagreeing: tuple[Vector, Vector] | None = None
    """(B,) each: likewise, with rows imagined that this model has right and another wrong, and the other way
    round; for differences. None where a row is not wholly right or wrong."""

    def interval(self, level: float = 0.95) -> Interval:
        """The expanded percentile interval, the value itself included."""
        low, high = _ends(self.corrected, self.rows, level, self.limits)
        return Interval(self.value, min(low, self.value), max(high, self.value))

    def minus(self, other: Resampled, level: float = 0.95) -> Difference:
        """The paired difference. Both must be on the same rows and the same resamples."""
        reach = self.limits[1] - self.limits[0]
        if self.disagreeing is None or other.disagreeing is None:
            values = self.values - other.values
        else:  # both ways, so that the difference the other way round is the same with another sign
            (one, two), (three, four) = self.disagreeing, other.disagreeing
            values = np.concatenate([one - four, two - three])
        low, high = _ends(values, self.rows, level, (-reach, reach))
        difference = self.value - other.value
        if self.rows == 1:
            return Difference(difference, low, high, 1.0)
        # + 1: the rows themselves are one more resample, and no number of resamples can show p = 0.
        tail = (1 + min((values <= 0).sum(), (values >= 0).sum())) / (1 + len(values))
        z = norm.ppf(min(tail, 0.5)) * math.sqrt((self.rows - 1) / self.rows)
        return Difference(difference, low, high, float(2 * t.cdf(z, self.rows - 1)))


def draws(n: int, resamples: int, seed: int) -> Counts:
    """(B, n): how often each of ``resamples`` bootstrap samples draws each row.

    Everything that is compared must use the same draws. A byte is enough: 256 draws of the same row have a
    probability below 1e-500. The draws take resamples x n bytes: 200 MB for 2,000 resamples of 100,000 rows.
    """
    generator = np.random.default_rng(seed)
    counts = np.empty((resamples, n), dtype=np.uint8)
    for row in counts:
        row[:] = np.bincount(generator.integers(0, n, n), minlength=n)
    return counts


def resample(metric: Metric, truth: Vector, predicted: Vector, counts: NDArray[Any]) -> Resampled:
    """The metric on the rows and on the resamples ``counts`` (B, N) of :func:`draws`."""
    return resample_parts(metric, metric.contributions(truth, predicted), counts)


def resample_parts(metric: Metric, parts: Vector, counts: NDArray[Any]) -> Resampled:
    """Likewise, from what the rows add to the sums, (N, K) of :meth:`Metric.contributions`."""
    sums, rows = summed(parts, counts), counts.sum(1, dtype=np.float64)
    value, middle = metric.value(np.stack([parts.sum(0), sums.mean(0)]), np.full(2, float(len(parts))))
    values = corrected = metric.value(sums, rows)
    disagreeing = None
    if len(imagined := metric.imagined(parts.shape[1])):
        generator = np.random.default_rng(counts.shape)

        def added(drawn: NDArray[Any], rows_of: Vector) -> Vector:
            return metric.value(sums + drawn @ rows_of, rows + drawn.sum(1))

        corrected = added(generator.poisson(2 / len(imagined), (len(counts), len(imagined))), imagined)
        right_and_wrong = np.split(imagined, 2)
        swapped = np.concatenate(right_and_wrong[::-1])
        # The same rows for every model, as the generator is: where one has them right, the other has not.
        drawn = generator.poisson(1 / len(imagined), (len(counts), len(imagined)))
        disagreeing = added(drawn, imagined), added(drawn, swapped)
    corrected = corrected - 2 * (values.mean() - middle)
    return Resampled(float(value), values, corrected, len(parts), metric.limits, disagreeing)


def interval(
    metric: Metric,
    truth: Vector,
    predicted: Vector,
    *,
    seed: int,
    resamples: int = 2000,
    level: float = 0.95,
) -> Interval:
    """The bootstrap interval of a metric, truth and predicted (N, C) with N at least 1."""
    return resample(metric, truth, predicted, draws(len(truth), resamples, seed)).interval(level)


def paired_difference(
    metric: Metric,
    truth: Vector,
    a: Vector,
    b: Vector,
    *,
    seed: int,
    resamples: int = 2000,
    level: float = 0.95,
) -> Difference:
    """The paired bootstrap of metric(a) - metric(b) on the same rows; p is two-sided and never 0."""
    counts = draws(len(truth), resamples, seed)
    return resample(metric, truth, a, counts).minus(resample(metric, truth, b, counts), level)


def mcnemar(truth: Vector, a: Vector, b: Vector, *, labels: Labels = "one") -> float:
    """Whether two models are equally often right: the exact two-sided p of McNemar 1947.

    Only rows that one has right and the other wrong count; if the models are equal, each goes either way with
    probability one half. Where rows have many labels, right means all of them.
    """
    right_a, right_b = right(truth, a, labels), right(truth, b, labels)
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number, each in its place (Holm 1979).

    Of all that are below a level, the chance that one or more are so by luck is at most that level.
    """
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = least
    return adjusted


def smallest_detectable(n: int, disagreement: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest difference in accuracy that a paired test on n rows finds with the given power.

    Solves n d^2 = (z_{alpha/2} sqrt(s) + z_{power} sqrt(s - d^2))^2 for d, where s is the share of rows on
    which exactly one of the two models is right (Connor 1987, "Sample Size for Testing Differences in
    Proportions for the Paired-Sample Design"). The difference cannot be greater than s: where the s observed
    is too small for any to be found, s grows with d, all rows in question being won by the same model.

    Args:
        n: rows.
        disagreement: s, from 0 to 1, as observed.
        power: probability that the difference is found.
        alpha: two-sided level of the test.

    Returns:
        A difference from 0 to 1; 1 where n rows can show nothing.
    """
    z_alpha, z_power = float(norm.isf(alpha / 2)), float(norm.ppf(power))
    if n <= z_alpha**2:
        return 1.0
    root = math.sqrt(n - z_alpha**2 + z_power**2)
    found = math.sqrt(disagreement) * (math.sqrt(n) * z_alpha + z_power * root) / (n + z_power**2)
    if found <= disagreement and disagreement > 0:
        return found
    return float(brentq(lambda d: n * d - (z_alpha + z_power * math.sqrt(1 - d)) ** 2, 0.0, 1.0))


def _ends(values: Vector, rows: int, level: float, limits: tuple[float, float]) -> tuple[float, float]:
    # Where there is no greatest value, the outermost resample is all that can be told.
    outermost = float(values.min()), float(values.max())
    limits = tuple(  # type: ignore[assignment]
        end if math.isfinite(end) else told for end, told in zip(limits, outermost, strict=True)
    )
    if rows == 1:
        return limits
    tail = norm.cdf(-math.sqrt(rows / (rows - 1)) * t.ppf((1 + level) / 2, rows - 1))
    # The ends are order statistics, as in the p-value: interpolated quantiles would not agree with it.
    place = int(tail * (1 + len(values)))
    if place == 0:
        return limits
    ends = np.partition(values, [place - 1, len(values) - place])[[place - 1, len(values) - place]]
    low, high = np.clip(ends, *limits)
    return float(low), float(high)
