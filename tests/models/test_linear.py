"""The closed-form head gives scikit-learn's probabilities."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from afina.models.linear import fit_linear, fit_ridge, predict_linear


def blobs(n=80, width=6, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    given = rng.integers(0, classes, n)
    centres = rng.normal(size=(classes, width))
    return 5 + 10 * (centres[given] + rng.normal(size=(n, width))), given


def probabilities(features, truth, weights=None, c=0.5, multi_label=False):
    weights = np.ones(len(truth)) if weights is None else weights
    weight, bias = fit_linear(features, truth, weights, c=c, multi_label=multi_label)
    assert weight.shape == (truth.shape[1], features.shape[1])
    assert bias.shape == (truth.shape[1],)
    assert weight.dtype == bias.dtype == np.float64
    assert np.isfinite(weight).all()
    assert np.isfinite(bias).all()
    return predict_linear(features, weight, bias, multi_label=multi_label)


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dense_is_a_standardised_regression(classes, dtype):
    features, given = blobs(classes=classes)
    features = features.astype(dtype)
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=10_000))
    expected = theirs.fit(features.astype(np.float64), given).predict_proba(features.astype(np.float64))
    assert probabilities(features, np.eye(classes)[given]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("classes", [2, 4])
def test_sparse_is_the_plain_regression(classes):
    rng = np.random.default_rng(1)
    features = csr_matrix(rng.random((60, 30)) * (rng.random((60, 30)) < 0.2))
    given = rng.integers(0, classes, 60)
    expected = LogisticRegression(C=0.5, max_iter=10_000).fit(features, given).predict_proba(features)
    assert probabilities(features, np.eye(classes)[given]) == pytest.approx(expected, abs=1e-9)


def test_weights_are_sample_weights():
    features, given = blobs()
    sparse = csr_matrix(features / 20)
    weights = np.random.default_rng(2).random(len(given))
    weights[:3] = 0
    theirs = LogisticRegression(C=0.5, max_iter=10_000)
    expected = theirs.fit(sparse, given, sample_weight=weights).predict_proba(sparse)
    assert probabilities(sparse, np.eye(3)[given], weights) == pytest.approx(expected, abs=1e-4)


def test_a_weight_of_two_is_the_row_twice():
    features, given = blobs(40)
    truth, weights = np.eye(3)[given], np.ones(40)
    weights[::2] = 2
    twice = np.concatenate([features, features[::2]])
    doubled = fit_linear(twice, np.concatenate([truth, truth[::2]]), np.ones(60), c=0.5, multi_label=False)
    weighed = fit_linear(features, truth, weights, c=0.5, multi_label=False)
    for a, b in zip(weighed, doubled, strict=True):
        assert a == pytest.approx(b, abs=1e-3)


def test_soft_labels_minimise_the_soft_cross_entropy():
    features, given = blobs(60)
    truth = 0.8 * np.eye(3)[given] + 0.2 / 3
    weight, bias = fit_linear(features, truth, np.ones(60), c=0.5, multi_label=False)
    spread, centre = features.std(0), features.mean(0)

    def objective(weight, bias):
        answered = predict_linear(features, weight, bias, multi_label=False)
        return -(truth * np.log(answered)).sum() + ((weight * spread) ** 2).sum() / (2 * 0.5)

    best = objective(weight, bias)
    rng = np.random.default_rng(3)
    for _ in range(50):
        step = 0.02 * rng.normal(size=weight.shape) / spread
        # The intercept moves along, so that the scores at the centre stay as they are.
        assert objective(weight + step, bias - step @ centre) > best


def test_many_labels_are_one_regression_each():
    features, _given = blobs(80)
    truth = (np.random.default_rng(4).random((80, 3)) < 0.4).astype(float)
    theirs = make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression(C=0.5, max_iter=10_000)))
    expected = theirs.fit(features, truth).predict_proba(features)
    assert probabilities(features, truth, multi_label=True) == pytest.approx(expected, abs=1e-9)


def test_a_class_without_rows_has_probability_zero():
    features, given = blobs(classes=3)
    truth = np.eye(5)[given + 1]
    found = probabilities(features, truth)
    assert (found[:, [0, 4]] == 0).all()
    assert found[:, 1:4] == pytest.approx(probabilities(features, truth[:, 1:4]), abs=1e-12)


def test_one_class_alone_is_certain():
    features, _given = blobs()
    assert (probabilities(features, np.eye(3)[np.ones(80, dtype=int)]) == [0, 1, 0]).all()


def test_a_label_that_all_or_no_rows_have_is_certain():
    features, given = blobs(classes=2)
    truth = np.stack([np.ones(80), np.zeros(80), given.astype(float)], axis=1)
    found = probabilities(features, truth, multi_label=True)
    assert (found[:, 0] == 1).all()
    assert (found[:, 1] == 0).all()
    assert 0.01 < found[:, 2].mean() < 0.99


def test_constant_features_carry_nothing():
    features, given = blobs()
    constant = np.concatenate([features, np.full((80, 1), 1e6 / 3), np.zeros((80, 1))], axis=1)
    weight, bias = fit_linear(constant, np.eye(3)[given], np.ones(80), c=0.5, multi_label=False)
    assert (weight[:, -2:] == 0).all()
    found = predict_linear(constant, weight, bias, multi_label=False)
    assert found == pytest.approx(probabilities(features, np.eye(3)[given]), abs=1e-9)


def test_the_same_bits_each_time():
    features, given = blobs()
    first, second = (
        fit_linear(features, np.eye(3)[given], np.ones(80), c=1.0, multi_label=False) for _ in range(2)
    )
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_a_unit_that_is_switched_off_carries_nothing():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(60, 4)).astype(np.float32)
    truth = np.eye(2)[(features[:, 0] > 0).astype(int)]
    off = (1e-33 * generator.normal(size=(60, 1))).astype(np.float32)
    weight, bias = fit_linear(np.hstack([features, off]), truth, np.ones(60), c=1.0, multi_label=False)
    alone, its_bias = fit_linear(features, truth, np.ones(60), c=1.0, multi_label=False)
    np.testing.assert_array_equal(weight[:, 4], 0)
    np.testing.assert_allclose(weight[:, :4], alone, atol=1e-6)
    np.testing.assert_allclose(bias, its_bias, atol=1e-6)


@pytest.mark.parametrize("dense", [True, False])
def test_ridge_is_scikit_learns_with_weights(dense):
    rng = np.random.default_rng(2)
    features, weights = rng.random((60, 8)) * (rng.random((60, 8)) < 0.5), rng.random(60)
    truth = features @ rng.normal(size=(8, 1)) + 0.1 * rng.normal(size=(60, 1)) + 3
    given = features if dense else csr_matrix(features)
    weight, bias = fit_ridge(given, truth, weights, c=0.5)
    assert weight.shape == (1, 8)
    assert bias.shape == (1,)
    scaler = StandardScaler().fit(features, sample_weight=weights) if dense else None
    seen = scaler.transform(features) if scaler else features
    expected = Ridge(alpha=2.0, solver="svd").fit(seen, truth[:, 0], sample_weight=weights).predict(seen)
    assert features @ weight[0] + bias[0] == pytest.approx(expected, abs=1e-6)


def test_ridge_counts_a_row_as_often_as_it_weighs():
    rng = np.random.default_rng(3)
    features, truth = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    twice = np.where(np.arange(20) < 5, 2.0, 1.0)
    rows = np.repeat(np.arange(20), twice.astype(int))
    found, expected = (
        fit_ridge(features, truth, twice, c=1.0),
        fit_ridge(features[rows], truth[rows], np.ones(25), c=1.0),
    )
    assert found[0] == pytest.approx(expected[0])
    assert found[1] == pytest.approx(expected[1])
