"""Linear heads found in one go: of a frozen trunk, and of the TF-IDF baselines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

__all__ = ["fit_linear", "fit_ridge", "predict_linear"]

Vector = NDArray[np.float64]

#: The score of a class that no training row has (or, of many labels, that every row has). Its probability
#: comes out as exactly 0 (or 1) in float32 and float64, and the head stays finite.
CERTAIN = 1e4
#: L-BFGS needs some tens of iterations on standardised features; this is never reached in sane data.
MAX_ITERATIONS = 10_000


def fit_linear(
    features: Any, truth: Vector, weights: Vector, *, c: float, multi_label: bool
) -> tuple[Vector, Vector]:
    """Logistic regression with L2 regularisation, by scikit-learn's L-BFGS.

    Dense features are standardised while fitting (the penalty then means the same for every trunk, and the
    solver is quick); the head that is returned takes the features as they came. Sparse ones are not, as this
    would fill them. One label: multinomial; a row with a soft label counts once for each class, weighted by
    its probability, which gives the cross-entropy with soft labels. Many labels: one binary regression each.

    Args:
        features: (N, H), dense or scipy sparse.
        truth: (N, C) probability of each class.
        weights: (N,) how much each row counts, at least 0; not all 0.
        c: inverse strength of the regularisation, as scikit-learn's ``C``.
        multi_label: whether a row may have any number of labels.

    Returns:
        weight (C, H) and bias (C,). With two classes the rows of the weight are each other's negative.
    """
    solve = _many if multi_label else _one
    return _standardised(features, weights, lambda given: solve(given, truth, weights, c))


def fit_ridge(features: Any, truth: Vector, weights: Vector, *, c: float) -> tuple[Vector, Vector]:
    """Ridge regression: least squares with L2 regularisation (Hoerl & Kennard 1970), by scikit-learn.

    Minimises ``Σ_n w_n (y_n - x_n·a - b)² + |a|² / c``, so that ``c`` means what it does in
    :func:`fit_linear`, which standardises dense features likewise.

    Args:
        features: (N, H), dense or scipy sparse.
        truth: (N, 1).
        weights: (N,) how much each row counts, at least 0; not all 0.
        c: inverse strength of the regularisation.

    Returns:
        weight (1, H) and bias (1,).
    """
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    def solve(given: Any) -> tuple[Vector, Vector]:
        dense = isinstance(given, np.ndarray)
        ridge = Ridge(alpha=1 / c, solver="cholesky" if dense else "sparse_cg", tol=1e-8)
        with threadpool_limits(1):
            ridge.fit(given, truth[:, 0], sample_weight=weights)
        return np.atleast_2d(ridge.coef_), np.atleast_1d(ridge.intercept_)

    return _standardised(features, weights, solve)


def _standardised(
    features: Any, weights: Vector, solve: Callable[[Any], tuple[Vector, Vector]]
) -> tuple[Vector, Vector]:
    """The head that ``solve`` finds on standardised features, for features as they came; sparse ones are
    left as they are."""
    if not isinstance(features, np.ndarray):
        return solve(features.astype(np.float64))
    features = features.astype(np.float64)
    centre = np.average(features, axis=0, weights=weights)
    spread = np.sqrt(np.average((features - centre) ** 2, axis=0, weights=weights))
    # What is constant up to rounding carries nothing, and dividing by its spread would blow it up. A unit
    # that a network has switched off, with numbers of some 1e-33, is constant beside its neighbours.
    spread[spread <= 1e-7 * np.maximum(np.abs(centre), spread.max())] = np.inf
    weight, bias = solve((features - centre) / spread)
    weight = weight / spread
    return weight, bias - weight @ centre


def predict_linear(features: Any, weight: Vector, bias: Vector, *, multi_label: bool) -> Vector:
    """Probabilities (N, C) of a linear head: softmax for one label, sigmoid for many."""
    scores = np.asarray(features @ weight.T) + bias
    probabilities: Vector = expit(scores) if multi_label else softmax(scores, axis=1)
    return probabilities


def _one(features: Any, truth: Vector, weights: Vector, c: float) -> tuple[Vector, Vector]:
    mass = truth * weights[:, None]
    rows, classes = np.nonzero(mass)
    present = np.unique(classes)
    weight = np.zeros((truth.shape[1], features.shape[1]))
    bias = np.full(truth.shape[1], -CERTAIN)
    if len(present) == 1:
        bias[present] = 0.0
        return weight, bias
    coefficients, intercepts = _solve(features[rows], classes, mass[rows, classes], c)
    if len(present) == 2:
        # The binary fit has one row of scores s; softmax of (-s/2, s/2) is its sigmoid.
        coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
        intercepts = np.concatenate([-intercepts / 2, intercepts / 2])
    weight[present] = coefficients
    bias[present] = intercepts
    return weight, bias


def _many(features: Any, truth: Vector, weights: Vector, c: float) -> tuple[Vector, Vector]:
    weight = np.zeros((truth.shape[1], features.shape[1]))
    bias = np.empty(truth.shape[1])
    for column in range(truth.shape[1]):
        mass = np.stack([1 - truth[:, column], truth[:, column]], axis=1) * weights[:, None]
        rows, classes = np.nonzero(mass)
        if classes.min() == classes.max():
            bias[column] = CERTAIN if classes[0] else -CERTAIN
            continue
        coefficients, intercepts = _solve(features[rows], classes, mass[rows, classes], c)
        weight[column], bias[column] = coefficients[0], intercepts[0]
    return weight, bias


def _solve(features: Any, classes: NDArray[np.int64], mass: Vector, c: float) -> tuple[Vector, Vector]:
    # Imported here: scikit-learn takes a second, and most runs and commands need none of it.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    # One thread: products with so few columns gain nothing from more, wait long for them on a busy machine,
    # and would round differently on another number of cores.
    with threadpool_limits(1):
        model = LogisticRegression(C=c, max_iter=MAX_ITERATIONS).fit(features, classes, sample_weight=mass)
    return model.coef_.astype(np.float64), model.intercept_.astype(np.float64)
