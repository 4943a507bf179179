"""Training rows whose label may be wrong, by confident learning.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". Each row is
judged by a model that has not seen it. Class j is *confidently* suggested for a row when its probability
reaches the mean probability of j over the rows labelled j; rows whose confident class is not their label, and
is more probable than it, are suspects. They are told in the order of the normalised margin, p(suggested) -
p(label).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..models.linear import fit_linear, predict_linear
from .metrics.base import Vector

__all__ = ["LabelError", "cross_validated", "label_errors"]

#: A class of fewer rows is not judged: the model that judges a row would hardly know its class.
FEWEST_ROWS = 5


@dataclass(frozen=True, slots=True)
class LabelError:
    """A row whose label may be wrong."""

    index: int
    given: int
    """Number of its class."""
    suggested: int
    margin: float
    """p(suggested) - p(given), greater than 0."""


def label_errors(truth: Vector, predicted: Vector, count: int | None = None) -> tuple[LabelError, ...]:
    """Suspected label errors, the most suspicious first. For rows of one label each.

    Args:
        truth: (N, C) labels as given; a soft one counts as its most probable class.
        predicted: (N, C) probabilities out of fold, from :func:`cross_validated`.
        count: at most so many.
    """
    rows, given = np.arange(len(truth)), truth.argmax(1)
    members = np.bincount(given, minlength=truth.shape[1])
    sums = np.zeros(truth.shape[1])
    np.add.at(sums, given, predicted[rows, given])
    judged = members >= FEWEST_ROWS
    threshold = np.where(judged, sums / np.maximum(members, 1), np.inf)
    candidates = np.where(predicted >= threshold, predicted, -np.inf)
    suggested = candidates.argmax(1)
    margin = candidates[rows, suggested] - predicted[rows, given]
    suspects = np.flatnonzero((margin > 0) & judged[given])
    order = suspects[np.argsort(-margin[suspects], kind="stable")]
    return tuple(
        LabelError(int(row), int(given[row]), int(suggested[row]), float(margin[row]))
        for row in order[:count]
    )


def cross_validated(
    features: Any,
    truth: Vector,
    weights: Vector,
    *,
    seed: int,
    groups: NDArray[Any] | None = None,
    folds: int = 5,
    c: float = 0.1,
    multi_label: bool = False,
) -> Vector:
    """Probabilities (N, C) of each row by a linear model fitted on the other folds.

    Folds are stratified by class and drawn from ``seed``. Rows of one group stay together, so that a copy of
    a row does not vouch for its label.

    Args:
        features: (N, H), dense or scipy sparse, from a model that has not seen the labels.
        truth: (N, C).
        weights: (N,).
        seed: of the folds.
        groups: (N,) the group of each row; None when each row is its own.
        folds: how many, fewer when there are fewer groups.
        c: inverse strength of the regularisation, as in :func:`fit_linear`.
        multi_label: whether a row may have any number of labels.

    Raises:
        ValueError: there are fewer than two groups.
    """
    _names, first, group = np.unique(
        np.arange(len(truth)) if groups is None else groups, return_index=True, return_inverse=True
    )
    if len(first) < 2:
        raise ValueError("cross-validation needs two groups of rows")
    folds = min(folds, len(first))
    shuffled = np.random.default_rng(seed).permutation(len(first))
    order = shuffled[np.argsort(truth[first[shuffled]].argmax(1), kind="stable")]
    fold = np.empty(len(first), dtype=np.int64)
    fold[order] = np.arange(len(first)) % folds
    out = np.empty_like(truth)
    for number in range(folds):
        held = fold[group] == number
        weight, bias = fit_linear(features[~held], truth[~held], weights[~held], c=c, multi_label=multi_label)
        out[held] = predict_linear(features[held], weight, bias, multi_label=multi_label)
    return out
