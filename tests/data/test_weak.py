"""Rows without labels: read, divided and labelled by functions, and measured on hand labels alone."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from afina.data.audit import Audited
from afina.data.audit.balance import Balance
from afina.data.audit.contradictions import Contradictions
from afina.data.load import Data, load
from afina.data.split import Split
from afina.data.weak.load import load_weak, weakly_labelled
from afina.data.weak.votes import Votes, summary
from afina.errors import DataError
from conftest import sentences

ROWS = sentences(120)
FUNCTIONS = {
    "praise": {"kind": "keywords", "label": "positive", "words": ["great", "good", "perfect", "nice"]},
    "love": {"kind": "regex", "label": "positive", "pattern": "loved|excellent"},
    "blame": {"kind": "keywords", "label": "negative", "words": ["bad", "awful", "terrible", "poor"]},
    "broken": {"kind": "keywords", "label": "negative", "words": ["broke", "hated", "terrible"]},
    "so_so": {"kind": "keywords", "label": "neutral", "words": ["okay", "average"]},
}


def written(name, rows, header=("text", "label")):
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return name


def free(rows):
    return written("free.csv", [(n, text) for n, (text, _label) in enumerate(rows)], ("id", "text"))


def given(functions=FUNCTIONS, label_model="majority", **data):
    return Data.of({**data, "weak": {"functions": functions, "label_model": label_model}})


def hand(rows=ROWS):
    return {"dev": written("dev.csv", rows[90:105]), "test": written("test.csv", rows[105:])}


def test_training_rows_without_labels_and_files_that_were_labelled_by_hand():
    data = load_weak(given(path=free(ROWS[:90]), **hand()), 0)
    assert [len(side) for _name, side in data.splits.items()] == [len(data.splits.train), 15, 15]
    assert data.labels == ("negative", "neutral", "positive")
    truth = dict(ROWS)
    for example in data.splits.train:
        assert truth[example.text] == example.label, "these rules are right wherever they speak"
        assert sum(example.target.values()) == pytest.approx(1)
    fine = [text for text, _label in ROWS[:90] if "fine" in text.split()]
    assert len(data.splits.train) == 90 - len(fine)
    assert [example.text for example in data.splits.test] == [text for text, _label in ROWS[105:]]
    assert data.weak["rows"] == 90
    assert data.weak["covered"] == len(data.splits.train)
    assert any(f"5 functions label {90 - len(fine)} of 90 rows (majority)" in note for note in data.notes)
    assert (
        data.fingerprint == load_weak(given(path="free.csv", dev="dev.csv", test="test.csv"), 0).fingerprint
    )
    fewer = {name: FUNCTIONS[name] for name in ("praise", "blame", "so_so")}
    assert (
        data.fingerprint
        != load_weak(given(fewer, path="free.csv", dev="dev.csv", test="test.csv"), 0).fingerprint
    )


def test_rows_with_a_label_are_kept_to_measure_and_their_copies_left_out():
    rows = [(text, label if n < 30 else "") for n, (text, label) in enumerate(ROWS)]
    rows.append((ROWS[0][0].upper(), ""))
    data = load_weak(given(path=written("a.csv", rows)), 0)
    by_hand = {example.text for side in (data.splits.dev, data.splits.test) for example in side}
    assert by_hand == {text for text, _label in ROWS[:30]}
    assert 8 <= len(data.splits.dev) <= 12, "dev and test are shared out as 1 to 2"
    assert not {example.text.lower() for example in data.splits.train} & by_hand
    assert any("almost the same as a hand-labelled one" in note for note in data.notes)
    again = load_weak(given(path="a.csv", test=written("test.csv", ROWS[105:])), 0)
    assert {example.text for example in again.splits.dev} == by_hand


def test_with_both_sides_given_a_label_by_hand_counts_more_than_votes():
    rows = [(ROWS[0][0], "neutral"), *((text, "") for text, _label in ROWS[1:90])]
    data = load_weak(given(path=written("a.csv", rows), **hand()), 0)
    assert data.splits.train[0].target == {"neutral": 1.0}
    assert data.weak["known"] == 16


def test_nothing_is_measured_on_weak_labels():
    for sides in ({}, {"dev": hand()["dev"]}, {"test": hand()["test"]}):
        missing = [side for side in ("dev", "test") if side not in sides]
        with pytest.raises(DataError, match=f"no hand-labelled rows for {' and '.join(missing)}"):
            load_weak(given(path=free(ROWS[:90]), **sides), 0)
    made = weakly_labelled(given(path=free(ROWS[:90])), 0).plain()
    assert [one["accuracy"] for one in made["functions"]] == [None] * 5


def test_the_test_rows_are_not_looked_at():
    right = weakly_labelled(given(path=free(ROWS[:90]), **hand()), 0).plain()
    wrong = [(text, "neutral") for text, _label in ROWS[105:]]
    written("test.csv", wrong)
    again = weakly_labelled(given(path="free.csv", dev="dev.csv", test="test.csv"), 0).plain()
    assert again == right
    assert right["known"] == 15


@pytest.mark.parametrize("kind", ["majority", "weighted", "generative"])
def test_what_is_written_can_be_read_and_is_the_same(kind):
    made = weakly_labelled(given(label_model=kind, path=free(ROWS[:90]), **hand()), 0)
    rows = list(made.written())
    assert set(rows[0]) == {"id", "text", "label"}
    Path("out.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = load(Data(path="out.jsonl", dev="dev.csv", test="test.csv"), 0)
    for example, labelled in zip(data.splits.train, made.labelled, strict=True):
        assert example.text == labelled.text
        assert dict(example.target) == pytest.approx(dict(labelled.target))


def test_annotators_beside_rules_and_a_column_that_is_not_there():
    rows = [(text, label, "" if n % 3 else "neutral") for n, (text, label) in enumerate(ROWS[:90])]
    path = written("a.csv", rows, ("text", "ann", "ben"))
    both = {**FUNCTIONS, "people": {"kind": "column", "columns": ["ann", "ben"]}}
    made = weakly_labelled(given(both, path=path, **hand()), 0)
    assert made.votes.functions == (*FUNCTIONS, "people.ann", "people.ben")
    assert len(made.labelled) == 90
    told = {one["name"]: one for one in made.plain()["functions"]}
    assert told["people.ann"]["coverage"] == 1
    assert told["people.ann"]["accuracy"] is None, "the development rows have no such column"
    assert told["praise"]["accuracy"]["value"] == 1
    both["people"] = {"kind": "column", "columns": ["ann", "eva"]}
    with pytest.raises(DataError, match=r"people\.columns\.1: a\.csv has no column \"eva\""):
        weakly_labelled(given(both, path=path, **hand()), 0)


@pytest.mark.parametrize(
    ("functions", "told"),
    [
        ({}, "there are no labelling functions"),
        ({"praise": FUNCTIONS["praise"]}, "one label only, positive"),
        ({"x": {"kind": "keywords", "label": "x", "words": ["surelynot"]}}, "give no row any label"),
    ],
)
def test_functions_that_give_too_little(functions, told):
    with pytest.raises(DataError, match=told):
        load_weak(given(functions, path=free(ROWS[:90]), **hand()), 0)


def test_rows_that_all_have_labels_leave_nothing_to_do():
    with pytest.raises(DataError, match="every row has a label"):
        load_weak(given(path=written("a.csv", ROWS[:90]), **hand()), 0)


def test_groups_that_all_have_a_hand_label_leave_nothing_to_label():
    rows = [(text, label if n < 30 else "", n % 3) for n, (text, label) in enumerate(ROWS)]
    path = written("a.csv", rows, ("text", "label", "shop"))
    with pytest.raises(DataError, match=r"data\.group: every row without a label belongs together"):
        load_weak(given(path=path, group="shop"), 0)


def test_the_problems_of_all_functions_are_told_at_once():
    bad = {
        "a": {"kind": "python", "file": "no.py"},
        "b": {"kind": "dictionary", "file": "no.csv"},
        "c": {"kind": "column", "columns": ["ann", "ben"]},
        **FUNCTIONS,
    }
    with pytest.raises(DataError) as caught:
        load_weak(given(bad, path=free(ROWS[:90]), **hand()), 0)
    assert [problem.where for problem in caught.value.problems] == [
        "data.weak.functions.c.columns.0", "data.weak.functions.c.columns.1", "no.py", "no.csv",
    ]  # fmt: skip


def test_a_label_of_functions_that_no_hand_labelled_row_has_is_told():
    rules = {**FUNCTIONS, "odd": {"kind": "keywords", "label": "Positive", "words": ["great", "fine"]}}
    made = weakly_labelled(given(rules, path=free(ROWS[:90]), **hand()), 0)
    told = "No row that was labelled by hand has the label \"Positive\" (odd). Did you mean 'positive'?"
    assert made.doubts == [told]
    assert told in load_weak(given(rules, path="free.csv", **hand()), 0).notes
    assert weakly_labelled(given(path="free.csv", **hand()), 0).doubts == []


def test_a_hand_label_that_no_function_gives_is_named_by_its_row():
    fewer = {name: FUNCTIONS[name] for name in ("praise", "love", "blame")}
    with pytest.raises(DataError, match=r'test\.csv:\d+: the label "neutral" does not occur'):
        load_weak(given(fewer, path=free(ROWS[:90]), **hand()), 0)


def test_a_row_to_measure_on_needs_a_label():
    sides = {**hand(), "test": written("test.csv", [*ROWS[105:], ("a phone", "")])}
    with pytest.raises(DataError, match=r"test\.csv:17: this row has no label"):
        load_weak(given(path=free(ROWS[:90]), **sides), 0)


def test_what_is_told_of_functions_by_hand():
    """Six rows, three functions; the first votes on four, with others on three, against one on two."""
    free_votes = np.array([[0, 0, -1], [0, 1, -1], [1, -1, 0], [1, -1, -1], [-1, 1, 1], [-1, -1, -1]])
    known = np.array([[0, -1, 1], [0, -1, -1], [1, -1, -1]])
    votes = Votes(("f", "g", "h"), ("a", "b"), free_votes, known, np.array([0, 1, 1]))
    chances = np.array([[0.9, 0.1], [0.5, 0.5], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9], [0.5, 0.5]])
    first, second, third = summary(votes, chances)
    assert (first["coverage"], first["overlaps"], first["conflicts"]) == pytest.approx((4 / 6, 3 / 6, 2 / 6))
    assert (first["right"], first["known"]) == (2, 3)
    # Wilson 1927: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96.
    assert first["accuracy"] == pytest.approx({"value": 2 / 3, "low": 0.2077, "high": 0.9385}, abs=1e-4)
    assert first["estimated"] == pytest.approx((0.9 + 0.5 + 0.7 + 0.8) / 4)
    assert first["labels"] == ["a", "b"]
    assert second["accuracy"] is None
    assert (third["right"], third["known"]) == (0, 1)


def test_the_audit_takes_soft_labels_for_their_most_probable_one():
    data = load_weak(given(label_model="generative", path=free(ROWS[:90]), **hand()), 0)
    assert any(len(example.target) > 1 for example in data.splits.train)
    audited = Audited(splits=data.splits)
    assert list(Contradictions().run(audited)) == []
    counts = [e.label for e in data.splits.train].count("neutral")
    (found,) = [f for f in Balance(least=counts + 1, ratio=1e9).run(audited) if f.severity == "warning"]
    assert f"'neutral' ({counts})" in found.message


def test_limit_and_the_shares_of_the_sides():
    rows = [(text, label if n < 40 else "") for n, (text, label) in enumerate(ROWS)]
    path = written("a.csv", rows)
    half = load_weak(given(path=path, split=Split(dev=0.2, test=0.2).plain()), 0)
    assert len(half.splits.dev) == pytest.approx(20, abs=2)
    few = load_weak(given(path=path, limit=60), 0)
    assert len(few.splits.dev) + len(few.splits.test) == 20


def test_a_misspelt_label_of_a_function_is_told_before_the_rows_that_lack_it():
    rules = {name: {**one, "label": one["label"].replace("ive", "if")} for name, one in FUNCTIONS.items()}
    with pytest.raises(DataError) as caught:
        load_weak(given(rules, path=free(ROWS[:90]), **hand()), 0)
    first, second, third = caught.value.problems[:3]
    assert (first.where, second.where) == ("data.weak.functions", "data.weak.functions")
    assert "Did you mean 'negative'?" in first.what
    assert third.where.startswith("dev.csv:")
