"""Metrics of numbers are scikit-learn's and scipy's, on the rows and on resamples of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn import metrics as sk

from afina.evaluate.metrics import METRICS
from afina.evaluate.statistics import draws

THEIRS = {
    "rmse": sk.root_mean_squared_error, "mae": sk.mean_absolute_error, "r2": sk.r2_score,
    "pearson": lambda truth, predicted: pearsonr(truth, predicted).statistic,
}  # fmt: skip


def numbers(n=50, mean=0.0, seed=0):
    rng = np.random.default_rng(seed)
    truth = mean + rng.normal(size=n)
    return truth, truth + 0.7 * rng.normal(size=n) + 0.2


@pytest.mark.parametrize("mean", [0.0, 1e6])
@pytest.mark.parametrize("kind", THEIRS)
def test_a_value_and_those_of_resamples_are_theirs(kind, mean):
    truth, predicted = numbers(mean=mean)
    metric, counts = METRICS.make(kind), draws(50, 20, seed=1)
    assert float(metric(truth, predicted)) == pytest.approx(THEIRS[kind](truth, predicted), rel=1e-7)
    for count, found in zip(counts, metric(truth, predicted, counts), strict=True):
        rows = np.repeat(np.arange(50), count)
        assert found == pytest.approx(THEIRS[kind](truth[rows], predicted[rows]), rel=1e-7)


@pytest.mark.parametrize("kind", THEIRS)
def test_the_best_value_is_a_limit(kind):
    truth, predicted = numbers()
    metric = METRICS.make(kind)
    best, other = float(metric(truth, truth)), float(metric(truth, predicted))
    assert best == pytest.approx(metric.limits[int(metric.greater_is_better)], abs=1e-12)
    assert (best > other) == metric.greater_is_better


def test_where_nothing_differs():
    truth, same = numbers()[0], np.full(50, 0.5)
    assert float(METRICS.make("pearson")(truth, same)) == 0.0
    assert float(METRICS.make("r2")(same, truth)) == 0.0 == sk.r2_score(same, truth)
    assert float(METRICS.make("r2")(same, same)) == 1.0 == sk.r2_score(same, same)
    # A resample that draws one row only.
    once = np.eye(50, dtype=int)[:1] * 50
    assert METRICS.make("pearson")(truth, numbers()[1], once) == [0.0]
