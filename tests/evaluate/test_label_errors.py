import numpy as np
import pytest

from afina.data.example import LabelledText, Where
from afina.evaluate.label_errors import cross_validated, label_errors, suspects, unseen


def blobs(n=300, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, n)
    centres = 3 * np.eye(classes, 8)
    return rng.normal(size=(n, 8)) + centres[true], true


def sentences(true, seed=0):
    """Three words each, of which two in three belong to the class."""
    rng = np.random.default_rng(seed)
    words = [["red", "rose", "wine"], ["blue", "sea", "sky"], ["green", "grass", "leaf"]]
    kinds = np.where(rng.random((len(true), 3)) < 2 / 3, true[:, None], rng.integers(0, 3, (len(true), 3)))
    return [" ".join(words[kind][rng.integers(0, 3)] for kind in row) for row in kinds]


def test_swapped_labels_are_found_first():
    features, true = blobs()
    given, swapped = true.copy(), np.arange(0, 300, 20)
    given[swapped] = (true[swapped] + 1) % 3
    truth = np.eye(3)[given]
    found = label_errors(truth, unseen(sentences(true), features, truth, np.ones(300), seed=0))
    first = found[:10]
    assert np.mean([each.index in swapped for each in first]) >= 0.9
    assert len(set(swapped) & {each.index for each in found}) >= 0.6 * len(swapped)
    assert len(set(swapped) & {each.index for each in found}) >= 0.9 * len(found)
    for each in first:
        assert each.given == given[each.index]
        assert each.suggested != each.given
        if each.index in swapped:
            assert each.suggested == true[each.index]


def test_thresholds_are_those_of_the_paper():
    # Ten rows of each class; class 0 is given probability 0.6 on its rows on average, class 1 0.9.
    predicted = np.concatenate([np.tile([0.6, 0.4], (10, 1)), np.tile([0.1, 0.9], (10, 1))])
    truth = np.eye(2)[[0] * 10 + [1] * 10]
    assert label_errors(truth, predicted) == ()
    # Row 0 is 0.85 sure of class 1, but rows of class 1 get 0.9: not confident enough.
    predicted[0] = [0.15, 0.85]
    assert label_errors(truth, predicted) == ()
    predicted[0] = [0.05, 0.95]
    (found,) = label_errors(truth, predicted)
    assert (found.index, found.given, found.suggested) == (0, 0, 1)
    assert found.margin == pytest.approx(0.9)


def test_the_least_doubt_comes_last():
    predicted = np.concatenate([np.tile([0.6, 0.4], (10, 1)), np.tile([0.1, 0.9], (10, 1))])
    predicted[:3] = [[0.04, 0.96], [0.01, 0.99], [0.08, 0.92]]
    truth = np.eye(2)[[0] * 10 + [1] * 10]
    assert [each.index for each in label_errors(truth, predicted)] == [1, 0, 2]
    predicted[2] = [0.1, 0.9]
    assert [each.index for each in label_errors(truth, predicted)] == [1, 0]


def test_count_limits_and_clean_data_have_no_suspects():
    truth = np.eye(2)[[0, 1] * 10]
    assert label_errors(truth, 0.8 * truth + 0.1) == ()
    swapped = truth.copy()
    swapped[:4] = 1 - swapped[:4]
    assert len(label_errors(swapped, 0.9 * truth + 0.05)) == 4
    assert len(label_errors(swapped, 0.9 * truth + 0.05, count=2)) == 2


def test_a_class_of_few_rows_is_not_judged():
    truth = np.eye(3)[[0] * 10 + [1] * 10 + [2]]
    predicted = 0.8 * truth + 0.1
    predicted[20] = [0.99, 0.01, 0.0]
    assert label_errors(truth, predicted) == ()


def test_out_of_fold_means_that_no_row_sees_its_own_label():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(60, 80))
    truth = np.eye(2)[rng.integers(0, 2, 60)]
    # With more features than rows a fit on its own rows is perfect; out of fold it is chance.
    out = cross_validated(features, truth, np.ones(60), seed=0, c=100.0)
    assert np.mean(out.argmax(1) == truth.argmax(1)) < 0.75
    assert out.sum(1) == pytest.approx(np.ones(60))


def test_groups_stay_together():
    rng = np.random.default_rng(2)
    # Each row stands twice with a random label: its copy would give the label away.
    features = np.repeat(rng.normal(size=(40, 60)), 2, axis=0)
    truth = np.eye(2)[np.repeat(rng.integers(0, 2, 40), 2)]
    apart = cross_validated(features, truth, np.ones(80), seed=0, c=100.0)
    together = cross_validated(
        features, truth, np.ones(80), seed=0, c=100.0, groups=np.repeat(np.arange(40), 2)
    )
    assert np.mean(apart.argmax(1) == truth.argmax(1)) > 0.85
    assert np.mean(together.argmax(1) == truth.argmax(1)) < 0.75


def test_seeded_and_stratified():
    features, true = blobs(60)
    truth = np.eye(3)[true]
    first, again = (cross_validated(features, truth, np.ones(60), seed=3) for _ in range(2))
    assert (first == again).all()
    assert not (first == cross_validated(features, truth, np.ones(60), seed=4)).all()
    # A class of five rows has one in each of five folds, so each fold's model knows it.
    rare = np.eye(2)[[1] * 5 + [0] * 40]
    rare_features = np.random.default_rng(5).normal(size=(45, 3))
    assert (cross_validated(rare_features, rare, np.ones(45), seed=0)[:, 1] > 0).all()


def test_many_labels_and_few_rows():
    features = np.random.default_rng(6).normal(size=(3, 2))
    truth = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    out = cross_validated(features, truth, np.ones(3), seed=0, multi_label=True)
    assert out.shape == (3, 2)
    assert np.isfinite(out).all()
    with pytest.raises(ValueError, match="two groups"):
        cross_validated(features[:1], truth[:1], np.ones(1), seed=0)


def test_two_views_judge_better_than_each():
    features, true = blobs(400, seed=3)
    features += np.random.default_rng(4).normal(size=features.shape)
    truth, texts, weights = np.eye(3)[true], sentences(true, seed=5), np.ones(400)
    both = unseen(texts, features, truth, weights, seed=0)
    blind = unseen(texts, np.zeros_like(features), truth, weights, seed=0)
    dumb = unseen(["same"] * 400, features, truth, weights, seed=0)
    right = [float(np.mean(each.argmax(1) == true)) for each in (both, blind, dumb)]
    assert right[0] > max(right[1:]) + 0.03
    assert both.sum(1) == pytest.approx(np.ones(400))


def test_suspects_name_row_and_labels():
    features, true = blobs()
    given = true.copy()
    given[7] = (true[7] + 1) % 3
    examples = [
        LabelledText(where=Where("a.csv", number + 2), text=text, target={})
        for number, text in enumerate(sentences(true))
    ]
    first = suspects(examples, features, np.eye(3)[given], ("a", "b", "c"), seed=0)[0]
    assert first.plain()["where"] == "a.csv:9"
    assert (first.label, first.suggested) == ("abc"[given[7]], "abc"[true[7]])
    alone = [LabelledText(where=e.where, text=e.text, target={}, group="one") for e in examples]
    assert suspects(alone, features, np.eye(3)[given], ("a", "b", "c"), seed=0) == ()
