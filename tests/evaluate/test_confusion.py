import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from afina.evaluate.confusion import confusion, per_class


def test_one_label_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    given, said = rng.integers(0, 4, 90), rng.integers(0, 3, 90)
    truth, predicted = np.eye(5)[given], np.eye(5)[said]
    assert (confusion(truth, predicted) == confusion_matrix(given, said, labels=range(5))).all()
    theirs = precision_recall_fscore_support(given, said, labels=range(5), zero_division=0)
    found = per_class(truth, predicted, tuple("abcde"), labels="one")
    assert [each.label for each in found] == list("abcde")
    for number, each in enumerate(found):
        assert (each.precision, each.recall, each.f1, each.support) == pytest.approx(
            tuple(column[number] for column in theirs)
        )


def test_many_labels_agree_with_scikit_learn():
    rng = np.random.default_rng(1)
    truth, predicted = (rng.random((50, 3)) < 0.4).astype(float), rng.random((50, 3))
    theirs = precision_recall_fscore_support(truth, predicted >= 0.5, zero_division=0)
    for number, each in enumerate(per_class(truth, predicted, ("a", "b", "c"), labels="many")):
        assert (each.precision, each.recall, each.f1, each.support) == pytest.approx(
            tuple(column[number] for column in theirs)
        )


def test_plain():
    (first, _second) = per_class(np.eye(2), np.eye(2), ("a", "b"), labels="one")
    assert first.plain() == {"label": "a", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
