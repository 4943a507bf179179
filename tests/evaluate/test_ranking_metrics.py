"""Metrics of rankings against their formulas, written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from afina.evaluate.metrics import METRICS, RankingMetric, metrics_of
from afina.evaluate.statistics import draws

KINDS = [kind for kind, cls in METRICS.items() if issubclass(cls, RankingMetric)]


def truth_of(*graded):
    made = np.empty(len(graded), dtype=object)
    made[:] = graded
    return made


def value(kind, truth, found):
    return float(metrics_of([kind], multi_label=False)[kind](truth, np.array(found)))


def test_ndcg_written_out():
    truth = truth_of({4: 3.0, 7: 1.0, 9: 2.0})
    gained = 1 / math.log2(2) + 3 / math.log2(5)  # 7 on rank 1, 4 on rank 4
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert value("ndcg_10", truth, [[7, 0, 1, 4, 2]]) == pytest.approx(gained / ideal)
    assert value("ndcg_10", truth, [[4, 9, 7, 0, 1]]) == pytest.approx(1)
    assert value("ndcg_10", truth, [[*range(10, 20), 4]]) == 0


def test_ndcg_of_more_documents_than_ten():
    truth = truth_of(dict.fromkeys(range(30), 1.0))
    assert value("ndcg_10", truth, [list(range(30))]) == pytest.approx(1)


def test_reciprocal_rank_and_recall():
    truth = truth_of({1: 1.0}, {2: 1.0, 3: 2.0}, {4: 1.0})
    found = [[9, 1, 8], [3, 9, 8], [-1, -1, -1]]
    assert value("mrr_10", truth, found) == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert value("recall_10", truth, found) == pytest.approx((1 + 1 / 2 + 0) / 3)
    late = [[*range(20, 31), 1], [*range(20, 32)], [4, *range(20, 31)]]
    assert value("recall_10", truth, late) == pytest.approx(1 / 3)
    assert value("recall_100", truth, late) == pytest.approx(2 / 3)
    assert value("mrr_10", truth, late) == pytest.approx(1 / 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_resample_gives_what_its_questions_give(kind):
    draw = np.random.default_rng(0)
    truth = truth_of(*({int(n): float(n % 3 + 1) for n in draw.choice(40, 5, False)} for _ in range(12)))
    found = np.array([draw.permutation(40)[:20] for _ in range(12)])
    metric, counts = metrics_of([kind], multi_label=False)[kind], draws(12, 5, seed=1)
    for count, one in zip(counts, metric(truth, found, counts), strict=True):
        rows = np.repeat(np.arange(12), count)
        assert one == pytest.approx(float(metric(truth[rows], found[rows])))
