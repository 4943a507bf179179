import json
import math

import numpy as np
import pytest

from afina.evaluate.compare import Candidate, compare
from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import interval, mcnemar, paired_difference, smallest_detectable
from afina.language import LANGUAGES, speaking

METRICS = metrics_of(["macro_f1", "accuracy", "log_loss"], multi_label=False)


def answers(truth, right, seed):
    """Probabilities that are right on exactly a share ``right`` of the rows."""
    n, classes = truth.shape
    correct = np.random.default_rng(seed).permutation(n) < round(right * n)
    said = np.where(correct, truth.argmax(1), (truth.argmax(1) + 1) % classes)
    return 0.7 * np.eye(classes)[said] + 0.1


def candidates(dev_truth, test_truth, rights):
    return [
        Candidate(
            name, answers(dev_truth, dev, 2 * number), answers(test_truth, test, 2 * number + 1), number, 100
        )
        for number, (name, dev, test) in enumerate(rights)
    ]


def compared(*rights, n=300, metrics=METRICS, primary="macro_f1"):
    dev_truth = np.eye(3)[np.random.default_rng(50).integers(0, 3, n)]
    test_truth = np.eye(3)[np.random.default_rng(51).integers(0, 3, n)]
    rows = candidates(dev_truth, test_truth, rights)
    found = compare(rows, dev_truth, test_truth, primary=primary, metrics=metrics, seed=0, resamples=500)
    return found, rows, dev_truth, test_truth


def test_rows_and_pairs_are_those_of_the_statistics():
    found, rows, dev_truth, test_truth = compared(
        ("majority", 0.4, 0.4), ("tfidf", 0.7, 0.7), ("full", 0.8, 0.8)
    )
    assert [row.name for row in found.rows] == ["majority", "tfidf", "full"]
    for row, candidate in zip(found.rows, rows, strict=True):
        for kind, metric in METRICS.items():
            expected = interval(metric, dev_truth, candidate.dev, seed=0, resamples=500)
            assert row.dev[kind] == expected
            assert row.test[kind] == interval(metric, test_truth, candidate.test, seed=0, resamples=500)
    # 3 pairs, 2 splits, 2 metrics.
    assert len(found.pairs) == 12
    (pair,) = (
        p for p in found.pairs if (p.a, p.b, p.split, p.metric) == ("full", "tfidf", "test", "macro_f1")
    )
    expected = paired_difference(
        METRICS["macro_f1"], test_truth, rows[2].test, rows[1].test, seed=0, resamples=500
    )
    assert (pair.difference, pair.low, pair.high, pair.p) == (
        expected.difference, expected.low, expected.high, expected.p,
    )  # fmt: skip
    assert pair.mcnemar_p == mcnemar(test_truth, rows[2].test, rows[1].test)
    right = [row.test.argmax(1) == test_truth.argmax(1) for row in rows]
    assert found.detectable_difference == smallest_detectable(300, (right[2] ^ right[1]).mean())


def test_the_best_is_chosen_when_everything_cheaper_is_provably_worse():
    verdict = compared(("majority", 0.4, 0.4), ("tfidf", 0.6, 0.6), ("full", 0.9, 0.9))[0].verdict
    assert (verdict.choice, verdict.best, verdict.confirmed) == ("full", "full", True)
    assert "Full fine-tuning is the best on the development split" in verdict.reason
    assert "everything cheaper is provably worse" in verdict.reason
    assert (
        "Full fine-tuning beats the strongest cheaper one, TF-IDF + logistic regression, by 0."
        in verdict.reason
    )


def test_the_cheapest_of_those_that_cannot_be_told_apart_is_chosen():
    verdict = compared(("majority", 0.4, 0.4), ("tfidf", 0.80, 0.81), ("full", 0.82, 0.81))[0].verdict
    assert (verdict.choice, verdict.best, verdict.confirmed) == ("tfidf", "full", True)
    assert "is the cheapest that is not provably worse than the best" in verdict.reason
    assert "The test split confirms it" in verdict.reason
    assert "no difference is proven between Full fine-tuning" in verdict.reason


def test_the_test_split_can_refuse_the_choice_but_not_make_it():
    verdict = compared(("tfidf", 0.80, 0.6), ("full", 0.82, 0.9))[0].verdict
    assert (verdict.choice, verdict.best, verdict.confirmed) == ("tfidf", "full", False)
    assert "The test split does not confirm it: Full fine-tuning is better there by 0." in verdict.reason


def test_a_cheap_one_that_is_the_best_needs_no_dear_one():
    verdict = compared(("tfidf", 0.9, 0.9), ("full", 0.6, 0.6))[0].verdict
    assert (verdict.choice, verdict.best, verdict.confirmed) == ("tfidf", "tfidf", True)
    assert "nothing is better on the development split" in verdict.reason
    assert "Full fine-tuning is worse than the strongest cheaper one" in verdict.reason
    assert "\N{MINUS SIGN}0." in verdict.reason


def test_equally_good_ones_are_told_by_price():
    dev_truth = test_truth = np.eye(2)[[0, 1] * 20]
    same = answers(dev_truth, 0.8, 0)
    rows = [Candidate("a", same, same, 1, 1), Candidate("b", same, same, 2, 2)]
    found = compare(rows, dev_truth, test_truth, primary="accuracy", metrics=METRICS, seed=0, resamples=200)
    assert (found.verdict.choice, found.verdict.best) == ("a", "a")
    # The primary metric is not told twice.
    assert [(pair.metric, pair.p) for pair in found.pairs] == [("accuracy", 1.0)] * 2


def test_one_candidate_alone():
    found = compared(("full", 0.8, 0.8))[0]
    assert found.pairs == ()
    assert found.detectable_difference is None
    assert (found.verdict.choice, found.verdict.confirmed) == ("full", True)


def test_many_labels_compare_on_exact_match():
    rng = np.random.default_rng(0)
    truth = (rng.random((60, 3)) < 0.4).astype(float)
    noisy = np.clip(truth + rng.normal(size=truth.shape) / 2, 0, 1)
    metrics = metrics_of(["macro_f1", "micro_f1", "exact_match"], multi_label=True)
    rows = [Candidate("tfidf", noisy, noisy, 1, 1), Candidate("full", truth, truth, 1, 1)]
    found = compare(rows, truth, truth, primary="macro_f1", metrics=metrics, seed=0, resamples=200)
    assert {pair.metric for pair in found.pairs} == {"macro_f1", "exact_match"}
    assert found.pairs[0].mcnemar_p == mcnemar(truth, truth, noisy, labels="many")
    assert found.verdict.choice == "full"


def test_plain_is_the_contract():
    plain = compared(("majority", 0.4, 0.4), ("full", 0.8, 0.8))[0].plain()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert set(plain) == {"rows", "comparisons", "detectable_difference", "verdict"}
    full = plain["rows"]["full"]
    assert set(full) == {*METRICS, "dev", "seconds", "size_bytes"}
    assert set(full["macro_f1"]) == set(full["dev"]["macro_f1"]) == {"value", "low", "high"}
    assert {"a", "b", "metric", "split", "difference", "low", "high", "p", "mcnemar_p"} == set(
        plain["comparisons"][0]
    )
    assert set(plain["verdict"]) == {"choice", "best", "confirmed", "reason"}
    assert math.isfinite(plain["detectable_difference"])


def test_the_same_seed_gives_the_same_numbers():
    rights = [("tfidf", 0.7, 0.7), ("full", 0.8, 0.8)]
    assert compared(*rights)[0].plain() == compared(*rights)[0].plain()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "rights",
    [
        [("full", 0.8, 0.8)],
        [("tfidf", 0.6, 0.6), ("full", 0.9, 0.9)],
        [("tfidf", 0.80, 0.6), ("full", 0.82, 0.9)],
        [("tfidf", 0.80, 0.81), ("full", 0.82, 0.81)],
        [("tfidf", 0.9, 0.9), ("full", 0.6, 0.6)],
    ],
)
def test_every_reason_is_whole_sentences(language, rights):
    with speaking(language):
        reason = compared(*rights)[0].verdict.reason
    assert reason.endswith(".")
    assert "{" not in reason
    assert 1 <= reason.count(". ") + 1 <= 3


def test_where_less_is_better_the_least_is_the_best() -> None:
    """Perplexities of language models: rows give sums of losses and of tokens; there are no labels."""
    tokens = np.full(60, 4.0)
    draw = np.random.default_rng(0)

    def answered(loss: float) -> np.ndarray:
        return np.stack([tokens * (loss + 0.1 * draw.normal(size=60)), tokens], axis=1)

    candidates = [
        Candidate(name, answered(loss), answered(loss), 1.0, 1)
        for name, loss in (("untrained", 2.0), ("lora", 1.0), ("full", 1.6))
    ]
    zeros = np.zeros((60, 2))
    found = compare(
        candidates, zeros, zeros, primary="perplexity",
        metrics=metrics_of(["perplexity"], multi_label=False), seed=0, resamples=400,
    )  # fmt: skip
    assert (found.verdict.best, found.verdict.choice, found.verdict.confirmed) == ("lora", "lora", True)
    assert "Full fine-tuning is worse than the strongest cheaper one, LoRA" in found.verdict.reason
    assert all(pair.mcnemar_p is None for pair in found.pairs)
    assert found.detectable_difference is None
