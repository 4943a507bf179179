"""How much better the best of equally good recipes looks."""

from __future__ import annotations

import numpy as np
import pytest

from afina.decide.chance import chance, resampled
from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import draws, resample


def answers(rows: int, recipes: int, right: list[float], seed: int) -> list[np.ndarray]:
    """(N, 2) answers to rows whose true class is 0, each right with a probability of its own."""
    generator = np.random.default_rng(seed)
    drawn = [generator.random(rows) < share for share in right[:recipes]]
    return [np.stack([yes, ~yes], axis=1).astype(float) for yes in drawn]


def found(all_answers: list[np.ndarray], seed: int = 0, resamples: int = 400):
    metric = metrics_of(["accuracy"], multi_label=False)["accuracy"]
    truth = np.tile([1.0, 0.0], (len(all_answers[0]), 1))
    parts = {n: metric.contributions(truth, one) for n, one in enumerate(all_answers)}
    scores = resampled(metric, parts, seed, resamples)
    values = np.array([one.value for one in scores.values()])
    return chance(values, np.stack([one.values for one in scores.values()], axis=1)), scores


def test_scores_are_those_of_the_metric() -> None:
    one = answers(60, 1, [0.7], 3)[0]
    metric = metrics_of(["accuracy"], multi_label=False)["accuracy"]
    truth = np.tile([1.0, 0.0], (60, 1))
    plain = resample(metric, truth, one, draws(60, 400, 0))
    _chance, scores = found([one])
    assert scores[0].value == plain.value
    assert np.array_equal(scores[0].values, plain.values)


def test_equally_good_recipes_are_seldom_found_to_differ() -> None:
    ps = [found(answers(200, 10, [0.7] * 10, seed))[0].p for seed in range(60)]
    assert np.mean(np.array(ps) < 0.05) <= 0.15
    assert np.mean(np.array(ps) < 0.5) >= 0.25


def test_what_chance_gives_is_what_the_best_of_equally_good_ones_gains() -> None:
    gains, expected = [], []
    for seed in range(60):
        one = found(answers(200, 10, [0.7] * 10, seed))[0]
        gains.append(one.gain)
        expected.append(one.expected)
    assert np.mean(expected) == pytest.approx(np.mean(gains), rel=0.2)


def test_more_recipes_give_chance_more_and_like_answers_less() -> None:
    few, many = (found(answers(200, k, [0.7] * k, 1))[0].expected for k in (2, 20))
    assert many > few > 0
    same = answers(200, 1, [0.7], 1) * 20
    assert found(same)[0].expected == 0


def test_a_better_recipe_is_found() -> None:
    one = found(answers(200, 5, [0.6, 0.6, 0.6, 0.6, 0.8], 0))[0]
    assert one.p < 0.01
    assert one.gain > one.high > one.expected
