"""Every metric gives scikit-learn's number, and the same on resamples as on the rows they draw."""

import math
import time

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn import metrics as sk

from afina.errors import RecipeError
from afina.evaluate.metrics import (
    METRICS,
    NumberMetric,
    RankingMetric,
    TagMetric,
    TextMetric,
    base,
    metrics_of,
)
from afina.evaluate.statistics import draws

CLASSES = 4


def one_label(n=60, classes=CLASSES, seed=0):
    rng = np.random.default_rng(seed)
    given = rng.integers(0, classes, n)
    scores = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[given]
    return np.eye(classes)[given], softmax(scores, axis=1)


def many_labels(n=60, classes=CLASSES, seed=0):
    rng = np.random.default_rng(seed)
    truth = (rng.random((n, classes)) < 0.4).astype(float)
    return truth, expit(rng.normal(size=(n, classes)) + 2 * truth - 1)


def value(kind, truth, predicted, *, multi_label=False):
    return float(metrics_of([kind], multi_label=multi_label)[kind](truth, predicted))


def test_one_label_metrics_are_scikit_learns():
    truth, predicted = one_label()
    given, said = truth.argmax(1), predicted.argmax(1)
    assert value("accuracy", truth, predicted) == pytest.approx(sk.accuracy_score(given, said), abs=1e-15)
    expected = sk.f1_score(given, said, average="macro", labels=range(CLASSES), zero_division=0)
    assert value("macro_f1", truth, predicted) == pytest.approx(expected, abs=1e-15)
    expected = sk.log_loss(given, predicted, labels=range(CLASSES))
    assert value("log_loss", truth, predicted) == pytest.approx(expected, rel=1e-12)


def test_many_label_metrics_are_scikit_learns():
    truth, predicted = many_labels()
    said = predicted >= 0.5
    for kind, average in (("micro_f1", "micro"), ("macro_f1", "macro")):
        expected = sk.f1_score(truth, said, average=average, zero_division=0)
        assert value(kind, truth, predicted, multi_label=True) == pytest.approx(expected, abs=1e-15)
    expected = sk.accuracy_score(truth, said)
    assert value("exact_match", truth, predicted, multi_label=True) == pytest.approx(expected, abs=1e-15)
    expected = np.mean([sk.log_loss(truth[:, c], predicted[:, c]) for c in range(CLASSES)])
    assert value("log_loss", truth, predicted, multi_label=True) == pytest.approx(expected, rel=1e-12)


def test_a_class_that_nothing_names_has_f1_zero():
    truth = np.eye(3)[[0, 0, 1, 1]]
    assert value("macro_f1", truth, truth) == pytest.approx(2 / 3)
    expected = sk.f1_score([0, 0, 1, 1], [0, 0, 1, 1], average="macro", labels=[0, 1, 2], zero_division=0)
    assert value("macro_f1", truth, truth) == pytest.approx(expected)


def test_no_labels_at_all_is_micro_f1_zero():
    assert value("micro_f1", np.zeros((3, 2)), np.zeros((3, 2)), multi_label=True) == 0.0
    assert value("exact_match", np.zeros((3, 2)), np.zeros((3, 2)), multi_label=True) == 1.0


def test_log_loss_with_soft_truth_is_the_cross_entropy():
    truth = np.array([[0.25, 0.75]])
    predicted = np.array([[0.5, 0.5]])
    assert value("log_loss", truth, predicted) == pytest.approx(np.log(2))


def test_log_loss_of_a_certain_error_is_finite():
    assert value("log_loss", np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) == pytest.approx(36.04, abs=0.01)


def test_calibration_error_is_that_of_its_definition():
    truth, predicted = one_label(400, seed=3)
    confident, correct = predicted.max(1), predicted.argmax(1) == truth.argmax(1)
    expected = 0.0
    for bin_number in range(15):
        low, high = bin_number / 15, (bin_number + 1) / 15
        inside = (confident > low) & (confident <= high)
        if inside.any():
            expected += inside.mean() * abs(correct[inside].mean() - confident[inside].mean())
    assert value("calibration_error", truth, predicted) == pytest.approx(expected, rel=1e-12)


def test_calibration_error_of_certainty():
    truth = np.eye(2)[[0, 0, 0, 1]]
    certain = np.eye(2)[[0, 0, 0, 0]]
    assert value("calibration_error", truth, certain) == pytest.approx(0.25)
    assert value("calibration_error", truth, truth) == 0.0


NUMERIC = [
    (kind, cls)
    for kind, cls in METRICS.items()
    if not issubclass(cls, TextMetric | NumberMetric | TagMetric | RankingMetric)
]
APPLICABLE = [(kind, False) for kind, cls in NUMERIC if cls.single_label]
APPLICABLE += [(kind, True) for kind, cls in NUMERIC if cls.multi_label]


@pytest.mark.parametrize(("kind", "multi_label"), APPLICABLE)
def test_a_resample_gives_what_its_rows_give(kind, multi_label):
    metric = metrics_of([kind], multi_label=multi_label)[kind]
    truth, predicted = (many_labels if multi_label else one_label)(23)
    counts = draws(23, 7, seed=1)
    values = metric(truth, predicted, counts)
    assert values.shape == (7,)
    for count, found in zip(counts, values, strict=True):
        rows = np.repeat(np.arange(23), count)
        assert found == pytest.approx(float(metric(truth[rows], predicted[rows])), rel=1e-12)


@pytest.mark.parametrize("kind", [kind for kind, metric in METRICS.items() if metric.of_labels])
def test_perfect_predictions_reach_the_good_end_of_the_limits(kind):
    cls = METRICS[kind]
    metric = metrics_of([kind], multi_label=not cls.single_label)[kind]
    truth = np.eye(3)
    perfect, wrong = float(metric(truth, truth)), float(metric(truth, truth[[1, 2, 0]]))
    low, high = cls.limits
    assert low <= min(perfect, wrong) <= max(perfect, wrong) <= high
    assert (perfect > wrong) == cls.greater_is_better
    assert perfect == pytest.approx(high if cls.greater_is_better else low, abs=1e-12)


def test_perplexity_is_over_all_tokens_and_resamples_rows():
    losses = np.array([[6.0, 3.0], [1.0, 1.0], [0.0, 2.0]])
    metric = METRICS.make("perplexity")
    assert float(metric(np.zeros((3, 2)), losses)) == pytest.approx(math.exp(7 / 6), rel=1e-12)
    found = metric(np.zeros((3, 2)), losses, np.array([[2, 0, 1], [0, 3, 0]]))
    assert found == pytest.approx([math.exp(12 / 8), math.e], rel=1e-12)
    assert float(metric(np.zeros((1, 2)), np.array([[0.0, 5.0]]))) == metric.limits[0]


def test_a_metric_that_does_not_apply_is_refused_in_words():
    with pytest.raises(
        RecipeError, match="the metric accuracy does not apply where rows have several labels"
    ):
        metrics_of(["accuracy"], multi_label=True)
    with pytest.raises(RecipeError, match="the metric micro_f1 does not apply where rows have one label"):
        metrics_of(["micro_f1"], multi_label=False)


def test_chunks_change_nothing(monkeypatch):
    truth, predicted = one_label(40)
    counts = draws(40, 50, seed=0)
    metric = metrics_of(["macro_f1"], multi_label=False)["macro_f1"]
    whole = metric(truth, predicted, counts)
    monkeypatch.setattr(base, "CHUNK_BYTES", 8 * 40 * 3)
    assert metric(truth, predicted, counts) == pytest.approx(whole, rel=1e-14)


def test_two_thousand_resamples_of_five_thousand_rows_take_seconds():
    truth, predicted = one_label(5000, classes=20)
    metric = metrics_of(["macro_f1"], multi_label=False)["macro_f1"]
    began = time.process_time()
    metric(truth, predicted, draws(5000, 2000, seed=0))
    assert time.process_time() - began < 10


@pytest.mark.parametrize("kind", METRICS)
def test_imagined_rows_are_the_best_and_the_worst(kind):
    labels = "one" if METRICS[kind].single_label else "many"
    metric = METRICS.make({"kind": kind, "labels": labels})
    imagined = metric.imagined({"macro_f1": 6, "micro_f1": 2, "span_f1": 2}.get(kind, 1))
    if len(imagined):
        right, wrong = np.split(imagined, 2)
        rows = np.array([float(len(right))])
        assert metric.value(right.sum(0, keepdims=True), rows) == metric.limits[1]
        assert metric.value(wrong.sum(0, keepdims=True), rows) == metric.limits[0]


def test_shares_and_f1_have_imagined_rows():
    imagined = {
        kind: len(METRICS.make({"kind": kind, "labels": "one" if each.single_label else "many"}).imagined(4))
        for kind, each in METRICS.items()
    }
    assert {kind for kind, rows in imagined.items() if rows} == {
        "accuracy", "exact_match", "exact_answer", "rouge_l", "macro_f1", "micro_f1", "span_f1",
        "ndcg_10", "mrr_10", "recall_10", "recall_100",
    }  # fmt: skip
