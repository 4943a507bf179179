"""Intervals hold the truth as often as they say, and tests cry wolf as rarely as they say."""

import json
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, kstest

from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import (
    draws,
    interval,
    mcnemar,
    paired_difference,
    resample,
    smallest_detectable,
)

ACCURACY = metrics_of(["accuracy"], multi_label=False)["accuracy"]
MACRO_F1 = metrics_of(["macro_f1"], multi_label=False)["macro_f1"]
CALIBRATION_ERROR = metrics_of(["calibration_error"], multi_label=False)["calibration_error"]
LOG_LOSS = metrics_of(["log_loss"], multi_label=False)["log_loss"]


def answers(right):
    """Truth and predictions of two classes that are right where ``right`` says so."""
    truth = np.eye(2)[np.arange(len(right)) % 2]
    return truth, np.where(np.asarray(right)[:, None], truth, 1 - truth)


def test_draws_are_seeded_and_hold_n_rows_each():
    counts = draws(50, 300, seed=4)
    assert counts.shape == (300, 50)
    assert (counts.sum(1) == 50).all()
    assert (counts == draws(50, 300, seed=4)).all()
    assert not (counts == draws(50, 300, seed=5)).all()
    # Each row is drawn binomially: mean 1, variance 1 - 1/n.
    assert counts.mean() == 1
    assert counts.var() == pytest.approx(1 - 1 / 50, rel=0.03)


def test_interval_agrees_with_scipys_percentile_bootstrap():
    right = np.random.default_rng(0).random(400) < 0.8
    truth, predicted = answers(right)
    found = interval(ACCURACY, truth, predicted, seed=0, resamples=20_000)
    theirs = bootstrap(
        (right.astype(float),), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert found.value == pytest.approx(right.mean())
    assert found.low == pytest.approx(theirs.low, abs=0.004)
    assert found.high == pytest.approx(theirs.high, abs=0.004)


@pytest.mark.parametrize(("n", "p"), [(25, 0.7), (200, 0.8)])
def test_interval_holds_the_true_value_95_times_in_100(n, p):
    rng = np.random.default_rng(7)
    held = 0
    for trial in range(400):
        found = interval(ACCURACY, *answers(rng.random(n) < p), seed=trial, resamples=400)
        held += found.low <= p <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_interval_of_macro_f1_holds_the_true_value():
    rng = np.random.default_rng(8)

    def sample(n):
        given = rng.choice(3, n, p=[0.6, 0.3, 0.1])
        said = np.where(rng.random(n) < 0.7, given, rng.integers(0, 3, n))
        return np.eye(3)[given], np.eye(3)[said]

    true = float(MACRO_F1(*sample(1_000_000)))
    found = [interval(MACRO_F1, *sample(150), seed=trial, resamples=400) for trial in range(300)]
    assert 0.91 <= np.mean([each.low <= true <= each.high for each in found]) <= 0.985


def held(metric, sample, n, sets=200):
    """How often the interval of n rows holds the value of very many."""
    true = float(metric(*sample(200_000)))
    found = [interval(metric, *sample(n), seed=trial, resamples=400) for trial in range(sets)]
    return np.mean([each.low <= true <= each.high for each in found])


def test_a_class_of_which_no_row_is_right_by_chance_does_not_shut_the_truth_out():
    rng = np.random.default_rng(9)

    def sample(n):
        # The third class is a fifth of the rows, and told in one of six: three sets of ten tell none.
        given = rng.choice(3, n, p=[0.4, 0.4, 0.2])
        told = rng.random(n) < np.array([0.7, 0.7, 1 / 8])[given]
        return np.eye(3)[given], np.eye(3)[np.where(told, given, 1 - given % 2)]

    assert held(MACRO_F1, sample, 50) >= 0.93


def test_the_bias_of_few_rows_is_taken_off():
    rng = np.random.default_rng(10)

    def many_classes(n):
        given = rng.integers(0, 30, n)
        said = np.where(rng.random(n) < 0.8, given, rng.integers(0, 30, n))
        return np.eye(30)[given], np.eye(30)[said]

    def overconfident(n):
        given = rng.integers(0, 2, n)
        sure = rng.uniform(0.5, 1, n)
        said = np.where(rng.random(n) < sure - 0.05, given, 1 - given)
        return np.eye(2)[given], np.where(np.eye(2)[said] > 0, sure[:, None], 1 - sure[:, None])

    assert held(MACRO_F1, many_classes, 150) >= 0.9
    assert held(CALIBRATION_ERROR, overconfident, 200) >= 0.8


def test_a_mean_has_no_bias_to_take_off():
    truth, predicted = answers(np.random.default_rng(2).random(60) < 0.8)
    found = resample(LOG_LOSS, truth, np.clip(predicted, 0.1, 0.9), draws(60, 300, 0))
    assert found.corrected == pytest.approx(found.values, abs=1e-12)


def test_all_right_is_not_sure_to_be_so_forever():
    for n, low in ((50, 0.94), (200, 0.985)):
        found = interval(ACCURACY, *answers([True] * n), seed=0)
        assert (found.value, found.high) == (1.0, pytest.approx(1.0))
        assert found.low == pytest.approx(low, abs=0.01)  # 1 - 3 / n, the rule of three


def test_a_single_row_says_nothing():
    found = interval(ACCURACY, *answers([True]), seed=0)
    assert (found.value, found.low, found.high) == (1.0, 0.0, 1.0)
    truth, good = answers([True])
    difference = paired_difference(ACCURACY, truth, good, 1 - good, seed=0)
    assert (difference.difference, difference.low, difference.high, difference.p) == (1.0, -1.0, 1.0, 1.0)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_up_to_four_rows_prove_nothing(n):
    truth, good = answers([True] * n)
    found = paired_difference(ACCURACY, truth, good, 1 - good, seed=0)
    assert found.p > 0.05
    assert (found.low, found.high) == (-1.0, 1.0)
    found = interval(ACCURACY, truth, good, seed=0)
    assert (found.value, found.low, found.high) == (1.0, 0.0, 1.0)


def test_levels_nest():
    truth, predicted = answers(np.random.default_rng(1).random(80) < 0.7)
    narrow = interval(ACCURACY, truth, predicted, seed=0, level=0.5)
    wide = interval(ACCURACY, truth, predicted, seed=0, level=0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_equal_models_do_not_differ():
    truth, predicted = answers([True, False] * 20)
    found = paired_difference(ACCURACY, truth, predicted, predicted, seed=0)
    assert (found.difference, found.p) == (0.0, 1.0)
    # Forty rows on which two models agree do not say that they agree on all others.
    assert found.low == -found.high
    assert 0.02 < found.high < 0.07
    found = paired_difference(LOG_LOSS, truth, *[np.clip(predicted, 0.1, 0.9)] * 2, seed=0)
    assert found.plain() == {"difference": 0.0, "low": 0.0, "high": 0.0, "p": 1.0}


@pytest.mark.parametrize("metric", [ACCURACY, MACRO_F1])
def test_a_difference_that_few_rows_seldom_show_is_held(metric):
    rng = np.random.default_rng(12)

    def sample(n):
        # Of a hundred rows the second model has two wrong that the first has right, and one the other way.
        kind = rng.choice(3, n, p=[0.97, 0.02, 0.01])
        truth = np.eye(2)[rng.integers(0, 2, n)]
        return truth, *(np.where((kind == wrong)[:, None], 1 - truth, truth) for wrong in (2, 1))

    truth, a, b = sample(200_000)
    true = float(metric(truth, a) - metric(truth, b))
    found = [paired_difference(metric, *sample(50), seed=trial, resamples=400) for trial in range(300)]
    assert true > 0.008
    assert np.mean([each.low <= true <= each.high for each in found]) >= 0.93
    assert np.mean([each.p <= 0.05 for each in found]) <= 0.05  # none of them could know


def test_p_is_never_zero_and_falls_with_the_evidence():
    truth, good = answers([True] * 200)
    bad = answers(np.arange(200) % 4 > 0)[1]
    found = paired_difference(ACCURACY, truth, good, bad, seed=0, resamples=2000)
    assert 0 < found.p < 0.002
    assert found.difference == pytest.approx(0.25)
    # Swapping the models mirrors everything.
    mirrored = paired_difference(ACCURACY, truth, bad, good, seed=0, resamples=2000)
    assert mirrored.p == found.p
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(0, 10_000))
def test_p_below_5_percent_means_that_the_interval_excludes_zero(n, seed):
    rng = np.random.default_rng(seed)
    truth = np.eye(2)[rng.integers(0, 2, n)]
    a, b = (np.clip(truth + rng.normal(size=(n, 2)), 0.01, 0.99) for _ in "ab")
    found = paired_difference(LOG_LOSS, truth, a, b, seed=seed, resamples=500)
    assert (found.p <= 0.05) == (not found.low <= 0 <= found.high)


@pytest.mark.parametrize("n", [12, 100])
def test_p_values_are_uniform_where_there_is_no_difference(n):
    rng = np.random.default_rng(11)
    found = []
    for trial in range(400):
        truth = np.eye(2)[rng.integers(0, 2, n)]
        a, b = (np.clip(0.5 + 0.3 * (truth - 0.5) + 0.1 * rng.normal(size=(n, 2)), 0.01, 0.99) for _ in "ab")
        found.append(paired_difference(LOG_LOSS, truth, a, b, seed=trial, resamples=400).p)
    assert kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) < 0.05) < 0.08


def test_mcnemar_is_the_exact_binomial():
    only_a, only_b = 9, 2
    right_a = np.array([True] * only_a + [False] * only_b + [True] * 30 + [False] * 5)
    right_b = np.array([False] * only_a + [True] * only_b + [True] * 30 + [False] * 5)
    truth, a = answers(right_a)
    b = answers(right_b)[1]
    expected = 2 * sum(comb(11, k) for k in range(only_b + 1)) / 2**11
    assert mcnemar(truth, a, b) == pytest.approx(expected, rel=1e-12)
    assert mcnemar(truth, b, a) == pytest.approx(expected, rel=1e-12)
    assert mcnemar(truth, a, a) == 1.0


def test_mcnemar_of_many_labels_counts_rows_that_are_wholly_right():
    truth = np.ones((8, 2))
    half = np.tile([0.9, 0.1], (8, 1))
    assert mcnemar(truth, truth, half, labels="many") == pytest.approx(2 / 2**8)


def test_smallest_detectable_solves_connors_equation():
    n, s = 740, 0.2
    d = smallest_detectable(n, s)
    needed = (1.959964 * np.sqrt(s) + 0.841621 * np.sqrt(s - d**2)) ** 2 / d**2
    assert needed == pytest.approx(n, rel=1e-5)


def test_smallest_detectable_is_found_four_times_in_five():
    n, s = 500, 0.16
    d = smallest_detectable(n, s)
    rng = np.random.default_rng(5)
    a, b, _rest = rng.multinomial(n, [(s + d) / 2, (s - d) / 2, 1 - s], size=20_000).T
    assert np.mean(abs(a - b) > 1.959964 * np.sqrt(a + b)) == pytest.approx(0.8, abs=0.02)


def test_smallest_detectable_shrinks_with_rows_and_stays_possible():
    found = [smallest_detectable(n, 0.2) for n in (1, 3, 4, 20, 100, 1000, 100_000)]
    assert found[:2] == [1.0, 1.0]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.005


@pytest.mark.parametrize("disagreement", [0.0, 0.001])
def test_too_little_disagreement_to_find_anything_is_replaced_by_the_least_that_could(disagreement):
    n = 200
    d = smallest_detectable(n, disagreement)
    assert d > disagreement
    # The exact test needs six rows won and none lost: it is a little weaker than the formula's normal one.
    won = np.random.default_rng(6).binomial(n, d, size=20_000)
    assert 0.65 < np.mean(won >= 6) < 0.85


def test_results_are_plain_json():
    truth, predicted = answers([True, False, True, True])
    found = interval(ACCURACY, truth, predicted, seed=0).plain()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == {"value", "low", "high"}
