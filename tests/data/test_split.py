import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afina.data.example import LabelledText, Where
from afina.data.near_duplicates import normal_form, pairs
from afina.data.split import Split, split
from afina.errors import DataError, RecipeError


def words(number):
    generator = random.Random(number)
    return " ".join("".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(6))


def example(number, *labels, group=None, text=None):
    return LabelledText(
        where=Where("a.csv", number + 2),
        text=text or words(number),
        target=dict.fromkeys(labels, 1.0),
        group=group,
    )


def lines(side):
    return [example.where.line for example in side]


def everything(parts):
    return [line for _name, side in parts.items() for line in lines(side)]


def test_shares_and_strata_are_exact_where_they_can_be():
    rows = [example(n, "a" if n % 4 else "b") for n in range(400)]
    parts = split(rows, Split(dev=0.1, test=0.2), seed=3)
    assert {name: Counter(e.label for e in side) for name, side in parts.items()} == {
        "train": {"a": 210, "b": 70},
        "dev": {"a": 30, "b": 10},
        "test": {"a": 60, "b": 20},
    }
    assert sorted(everything(parts)) == [n + 2 for n in range(400)]
    assert lines(parts.train) == sorted(lines(parts.train))


def test_the_seed_decides():
    rows = [example(n, "ab"[n % 2]) for n in range(100)]
    first, again, other = (split(rows, Split(), seed) for seed in (1, 1, 2))
    assert first == again
    assert lines(first.test) != lines(other.test)


def test_groups_stay_together():
    rows = [example(n, "abc"[n % 3], group=str(n % 40)) for n in range(400)]
    parts = split(rows, Split(), seed=0)
    sides = [{e.group for e in side} for _name, side in parts.items()]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    assert [len(side) for _name, side in parts.items()] == pytest.approx([280, 40, 80], abs=10)


def test_copies_and_near_copies_stay_together():
    rows = [example(n, "ab"[n % 2]) for n in range(100)]
    rows += [example(100 + n, "ab"[n % 2], text=words(n).upper()) for n in range(50)]
    rows += [example(150 + n, "ab"[n % 2], text=words(n) + " x") for n in range(50)]
    parts = split(rows, Split(), seed=0)
    side_of = {normal_form(e.text): name for name, side in parts.items() for e in side}
    for i, j, _similarity in pairs([e.text for e in rows], 0.8):
        assert side_of[normal_form(rows[i].text)] == side_of[normal_form(rows[j].text)]
    exact = split(rows, Split(near_duplicates=None), seed=0)
    near = {e.text: name for name, side in exact.items() for e in side}
    assert any(near[words(n)] != near[words(n) + " x"] for n in range(50))
    assert all(near[words(n)] == near[words(n).upper()] for n in range(50))


@pytest.mark.parametrize(
    ("count", "expected"), [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (5, (3, 1, 1))]
)
def test_small_classes_reach_every_side_where_they_can(count, expected):
    rows = [example(n, "rare" if n < count else "common") for n in range(200)]
    parts = split(rows, Split(), seed=0)
    assert tuple(sum(e.label == "rare" for e in side) for _name, side in parts.items()) == expected


def test_multi_label_rows_are_stratified_by_every_label():
    generator = random.Random(0)
    rows = [
        example(
            n, *(label for label, share in zip("abcd", (0.5, 0.3, 0.1, 0.05)) if generator.random() < share)
        )
        for n in range(600)
    ]
    parts = split(rows, Split(), seed=0)
    whole = Counter(label for e in rows for label in e.target)
    for name, share in (("dev", 0.1), ("test", 0.2)):
        counts = Counter(label for e in getattr(parts, name) for label in e.target)
        for label in whole:
            assert counts[label] == pytest.approx(share * whole[label], abs=max(2, 0.04 * whole[label]))
    assert [len(side) for _name, side in parts.items()] == pytest.approx([420, 60, 120], abs=12)


def test_given_sides_are_left_as_they_are():
    rows = [example(n, "ab"[n % 2]) for n in range(100)]
    test = [example(n, "a", text=words(1)) for n in range(200, 205)]
    parts = split(rows, Split(dev=0.2), seed=0, test=test)
    assert parts.test == tuple(test)
    assert (len(parts.train), len(parts.dev)) == (80, 20)
    dev = test
    parts = split(rows, Split(test=0.3), seed=0, dev=dev)
    assert (len(parts.train), len(parts.dev), len(parts.test)) == (70, 5, 30)
    parts = split(rows, Split(), seed=0, dev=dev, test=test)
    assert parts.train == tuple(rows)


def test_one_block_cannot_be_divided():
    with pytest.raises(DataError, match="all 20 rows belong together"):
        split([example(n, "ab"[n % 2], group="g") for n in range(20)], Split(), seed=0)


def test_shares_that_leave_nothing_are_refused():
    with pytest.raises(RecipeError, match=r"take all rows \(they sum to 1\.2\)"):
        Split.of({"dev": 0.6, "test": 0.6})


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from("abcde"), max_size=3), st.integers(0, 30)), min_size=30, max_size=80
    ),
    st.integers(0, 5),
)
@settings(max_examples=40, deadline=None)
def test_every_row_on_one_side_every_label_in_train(rows, seed):
    examples = [example(n, *sorted(labels), group=str(group)) for n, (labels, group) in enumerate(rows)]
    try:
        parts = split(examples, Split(), seed)
    except DataError:
        return
    assert Counter(lines(examples)) == Counter(everything(parts))
    learnt = {label for e in parts.train for label in e.target}
    assert learnt == {label for e in examples for label in e.target}
    groups = [{e.group for e in side} for _name, side in parts.items()]
    assert sum(map(len, groups)) == len(set().union(*groups))
