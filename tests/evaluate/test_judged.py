import numpy as np
import pytest

from afina.evaluate.examples import judged


def test_worst_are_the_wrong_ones_and_best_the_right_ones():
    truth = np.eye(2)[[0, 0, 1, 1, 0]]
    predicted = np.array([[0.9, 0.1], [0.2, 0.8], [0.95, 0.05], [0.3, 0.7], [0.99, 0.01]])
    worst, best = judged(truth, predicted, labels="one")
    assert [each.index for each in worst] == [2, 1]
    assert [each.index for each in best] == [4, 0, 3]
    assert (worst[0].truth, worst[0].predicted, worst[0].probability) == ((1,), (0,), 0.95)
    assert worst[0].loss == pytest.approx(-np.log(0.05))


def test_at_most_count_and_ties_in_the_order_of_the_rows():
    truth, predicted = np.eye(2)[[0] * 8], np.tile([0.4, 0.6], (8, 1))
    worst, best = judged(truth, predicted, labels="one", count=3)
    assert [each.index for each in worst] == [0, 1, 2]
    assert best == ()


def test_many_labels():
    truth = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    predicted = np.array([[0.9, 0.2, 0.1], [0.1, 0.2, 0.3]])
    (worst,), (best,) = judged(truth, predicted, labels="many")
    assert (worst.index, worst.truth, worst.predicted) == (0, (0, 1), (0,))
    assert worst.probability == pytest.approx(0.9 * 0.8 * 0.9)
    assert worst.loss == pytest.approx(-np.log([0.9, 0.2, 0.9]).sum())
    assert (best.index, best.truth, best.predicted) == (1, (), ())
