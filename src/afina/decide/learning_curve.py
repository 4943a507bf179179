"""How much more data would bring: a linear head on the frozen trunk, on growing parts of the training rows.

Error falls as a power of the rows over a wide range (Hestness et al. 2017, "Deep Learning Scaling is
Predictable, Empirically"; Rosenfeld et al. 2020), so the metric is ``a - b·n^-c`` with b at least 0 (for a
metric of which less is better: ``a + b·n^-c``). For each exponent of a grid, a and b are the least squares;
the exponent with the smallest residual is taken.

The parts are nested: each order of the rows is cut at every size. Its interval resamples development rows and
orders together and fits every resample anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..adapt.features import Features
from ..evaluate.metrics import metrics_of
from ..evaluate.metrics.base import Metric
from ..evaluate.statistics import Interval, draws
from ..objectives import Objective
from ..recipe.prepare import Prepared

__all__ = ["LearningCurve", "fitted", "learning_curve"]

Vector = NDArray[np.float64]

#: Orders of the training rows.
ORDERS = 5
#: Sizes, each half of the next, the largest of them all rows.
SIZES = 6
#: The smallest part, and rows that it has of every class on average.
LEAST, LEAST_OF_CLASS = 8, 2
RESAMPLES = 500
EXPONENTS = np.geomspace(0.05, 2.0, 40)
#: The largest multiple of the rows that the curve is followed to.
FARTHEST = 32


@dataclass(frozen=True)
class LearningCurve:
    """The primary metric on the development rows by the number of training rows."""

    sizes: tuple[int, ...]
    measured: tuple[Interval, ...]
    """At each size: the mean over the orders."""
    curve: tuple[float, float, float]
    """a, b and c of ``a - b·n^-c``."""
    doubled: Interval
    """The metric with twice as many rows, extrapolated."""
    gain: Interval
    """Of doubling the rows; greater is better, whatever the metric."""
    rows_needed: int | None
    """Training rows with which the curve is ``least_gain`` better than with all rows; None where that is more
    than :data:`FARTHEST` times as many, or never."""

    def at(self, rows: float) -> float:
        """The curve's value with so many rows."""
        a, b, c = self.curve
        return float(a - b * rows**-c)

    def plain(self) -> dict[str, Any]:
        return {
            "points": [
                {"rows": rows, **interval.plain()}
                for rows, interval in zip(self.sizes, self.measured, strict=True)
            ],
            "curve": dict(zip("abc", self.curve, strict=True)),
            "doubled": {"rows": 2 * self.sizes[-1], **self.doubled.plain()},
            "gain": self.gain.plain(),
            "rows_needed": self.rows_needed,
        }


def learning_curve(
    prepared: Prepared, *, least_gain: float = 0.01, orders: int = ORDERS
) -> LearningCurve | None:
    """The curve of a linear head on what the frozen trunk says of each row.

    None where the task has no such head (``classify`` and ``regress`` have), or where there are too few rows
    for three sizes.
    """
    task, tools = prepared.recipe.task, prepared.tools
    rows = prepared.rows["train"].rows
    least = max(LEAST, LEAST_OF_CLASS * len(tools.labels))
    sizes = [len(rows) >> step for step in range(SIZES) if len(rows) >> step >= least][::-1]
    if type(prepared.objective).solve is Objective.solve or len(sizes) < 3:
        return None
    targets = np.array([row.target for row in rows], dtype=np.float64)
    weights = np.array([row.weight for row in rows], dtype=np.float64)
    features = {name: prepared.features[name].numpy() for name in ("train", "dev")}
    metric = metrics_of([task.primary_metric], multi_label=tools.multi_label)[task.primary_metric]
    truth = prepared.truth["dev"]

    def answered(chosen: NDArray[np.int64], c: float) -> NDArray[Any]:
        weight, bias = prepared.objective.solve(
            features["train"][chosen], targets[chosen], weights[chosen], c, tools
        )
        scores = features["dev"] @ weight.T + bias
        return prepared.outputs(scores.astype(np.float32))

    every = np.arange(len(rows))
    strengths = {c: float(metric(truth, answered(every, c))) for c in Features().c}
    best = max(strengths, key=lambda c: _sign(metric) * strengths[c])
    counts = draws(len(truth), RESAMPLES, prepared.recipe.seed)
    generator = np.random.default_rng(prepared.recipe.seed)
    values = np.empty((len(sizes), orders))
    resampled = np.empty((len(sizes), orders, RESAMPLES))
    whole = answered(every, best)
    for order in range(orders):
        shuffled = generator.permutation(len(rows))
        for place, size in enumerate(sizes):
            said = whole if size == len(rows) else answered(np.sort(shuffled[:size]), best)
            values[place, order] = metric(truth, said)
            resampled[place, order] = metric(truth, said, counts)
    chosen = generator.integers(0, orders, (orders, RESAMPLES))
    together = np.take_along_axis(resampled, np.broadcast_to(chosen, resampled.shape), 1).mean(1)
    return fitted(sizes, values.mean(1), together, metric, least_gain)


def fitted(
    sizes: list[int], values: Vector, resampled: Vector, metric: Metric, least_gain: float
) -> LearningCurve:
    """The power law through ``values`` (S,) and through each of the resamples (S, B) of them.

    Args:
        sizes: training rows, rising, at least three.
    """
    sign, rows = _sign(metric), np.array(sizes, dtype=np.float64)
    curves = _fit(rows, sign * np.column_stack([values, resampled]))
    ends = _value(curves, rows[-1]), np.minimum(_value(curves, 2 * rows[-1]), _highest(metric))
    gains = ends[1] - ends[0]
    measured = tuple(_interval(float(v), r) for v, r in zip(values, resampled, strict=True))
    a, b, c = curves[:, 0]
    goal = min(ends[0][0] + least_gain, _highest(metric))
    needed = (b / (a - goal)) ** (1 / c) if b > 0 and a > goal else np.inf
    return LearningCurve(
        sizes=tuple(sizes),
        measured=measured,
        curve=(float(sign * a), float(sign * b), float(c)),
        doubled=_interval(float(sign * ends[1][0]), sign * ends[1][1:]),
        gain=_interval(float(gains[0]), gains[1:]),
        rows_needed=int(np.ceil(needed)) if needed <= FARTHEST * rows[-1] else None,
    )


def _fit(rows: Vector, values: Vector) -> Vector:
    """(3, B): a, b, c of the least squares through each column of ``values`` (S, B)."""
    best = np.full(values.shape[1], np.inf)
    curves = np.zeros((3, values.shape[1]))
    centre = values.mean(0)
    for c in EXPONENTS:
        fall = -(rows**-c)
        spread = fall - fall.mean()
        b = np.maximum(spread @ (values - centre) / (spread @ spread), 0.0)
        a = centre - b * fall.mean()
        residual = ((values - a - np.outer(fall, b)) ** 2).sum(0)
        better = residual < best
        best[better] = residual[better]
        curves[:, better] = np.stack([a, b, np.full_like(a, c)])[:, better]
    return curves


def _value(curves: Vector, rows: float) -> Vector:
    a, b, c = curves
    value: Vector = a - b * rows**-c
    return value


def _highest(metric: Metric) -> float:
    """The best value there is, greater being better."""
    return metric.limits[1] if metric.greater_is_better else -metric.limits[0]


def _sign(metric: Metric) -> int:
    return 1 if metric.greater_is_better else -1


def _interval(value: float, resampled: Vector) -> Interval:
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Interval(value, float(low), float(high))
