"""The F1 of spans is seqeval's, on the rows and on resamples; taggers learn from train alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
from seqeval.metrics import accuracy_score, f1_score

from afina.data.example import Splits, TaggedText, Where
from afina.evaluate import report as reports
from afina.evaluate.baselines import BASELINES, Context
from afina.evaluate.metrics import METRICS
from afina.evaluate.statistics import draws

TAGS = ["O", "O", "O", "B-A", "I-A", "B-B", "I-B"]


def tagged(count: int = 40, seed: int = 0) -> tuple[list[list[str]], list[list[str]]]:
    draw = random.Random(seed)
    truth = [[draw.choice(TAGS) for _word in range(draw.randint(1, 12))] for _row in range(count)]
    said = [[tag if draw.random() < 0.7 else draw.choice(TAGS) for tag in row] for row in truth]
    return truth, said


def joined(rows: list[list[str]]) -> np.ndarray:
    return np.array([" ".join(row) for row in rows])


@pytest.mark.parametrize(("kind", "theirs"), [("span_f1", f1_score), ("tag_accuracy", accuracy_score)])
def test_a_value_and_those_of_resamples_are_seqevals(kind, theirs) -> None:
    truth, said = tagged()
    metric, counts = METRICS.make(kind), draws(40, 15, seed=1)
    assert float(metric(joined(truth), joined(said))) == pytest.approx(theirs(truth, said), rel=1e-12)
    for count, found in zip(counts, metric(joined(truth), joined(said), counts), strict=True):
        rows = np.repeat(np.arange(40), count)
        expected = theirs([truth[row] for row in rows], [said[row] for row in rows])
        assert found == pytest.approx(expected, rel=1e-12)


def test_words_that_were_not_read_count_as_missed() -> None:
    truth, said = np.array(["B-A I-A O B-B"]), np.array(["B-A I-A"])
    assert float(METRICS.make("span_f1")(truth, said)) == pytest.approx(2 / 3)
    assert float(METRICS.make("tag_accuracy")(truth, said)) == 0.75
    assert float(METRICS.make("span_f1")(np.array(["O O"]), np.array(["O O"]))) == 0.0


def test_without_o_the_f1_of_single_words_is_the_accuracy() -> None:
    truth, said = np.array(["DET NOUN VERB NOUN"]), np.array(["DET NOUN NOUN NOUN"])
    assert float(METRICS.make("span_f1")(truth, said)) == 0.75
    assert float(METRICS.make("tag_accuracy")(truth, said)) == 0.75


def test_what_the_report_tells_of_spans() -> None:
    where = Where("t", 1)
    rows = [
        TaggedText(where=where, words=("a", "b"), tags=("B-A", "I-A")),
        TaggedText(where=where, words=("c", "d"), tags=("B-A", "O")),
    ]
    told = reports.tags(np.array(["B-A O", "B-A O"]), np.array(["B-A I-A", "B-A O"]), rows, count=5)
    assert told["per_span"] == [{"label": "A", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}]
    assert told["mistakes"] == [{"text": "a b", "missed": ["a b (A)"], "added": ["a (A)"], "where": "t:1"}]


def context() -> Context:
    draw = random.Random(0)

    def rows(count: int) -> tuple[TaggedText, ...]:
        made = []
        for _row in range(count):
            name = "".join(draw.choice("abcdefgh") for _letter in range(5)).capitalize()
            words = ("we", "met", name, "at", draw.choice(("noon", "home")))
            made.append(TaggedText(where=Where("t", 1), words=words, tags=("O", "O", "B-PER", "O", "O")))
        return tuple(made)

    splits = Splits(rows(60), rows(20), rows(20))
    truth = {name: np.array([" ".join(row.tags) for row in side]) for name, side in splits.items()}
    return Context(splits, truth, ("B-PER", "O"), False, "en", None, 0, lambda: ({}, 0.0), dict)


def test_shapes_find_names_that_no_table_of_words_knows() -> None:
    given = context()
    found = {kind: BASELINES.make(kind).fit_predict(given) for kind in ("word_tags", "word_shapes")}
    values = {
        kind: float(METRICS.make("span_f1")(given.truth["test"], one.test)) for kind, one in found.items()
    }
    assert values == {"word_tags": 0.0, "word_shapes": 1.0}
    again = BASELINES.make("word_shapes").fit_predict(given)
    assert (again.test == found["word_shapes"].test).all()
    assert all(one.size_bytes > 0 and one.seconds > 0 for one in found.values())
    for one in found.values():
        assert one.answer(given.splits.dev[3])[0] == one.dev[3]


def test_a_word_has_its_most_frequent_tag_by_weight() -> None:
    where = Where("t", 1)
    train = (
        TaggedText(where=where, words=("may", "may"), tags=("O", "O")),
        TaggedText(where=where, words=("may",), tags=("B-DATE",), weight=3.0),
        TaggedText(where=where, words=("x",) * 4, tags=("O",) * 4),
    )
    test = (TaggedText(where=where, words=("may", "june"), tags=("O", "O")),)
    truth = {
        name: np.array([" ".join(row.tags) for row in side])
        for name, side in (("train", train), ("dev", test), ("test", test))
    }
    given = Context(
        Splits(train, test, test), truth, ("B-DATE", "O"), False, "en", None, 0, lambda: ({}, 0.0), dict
    )
    assert BASELINES.make("word_tags").fit_predict(given).test.tolist() == ["B-DATE O"]
