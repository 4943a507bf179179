"""Training rows whose label may be wrong, by confident learning.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". Each row is
judged by models that have not seen it: a logistic regression on the features of the pretrained model, and
naive Bayes on its words (:func:`unseen`). Class j is *confidently* suggested for a row when its probability
reaches the mean probability of j over the rows labelled j; rows whose confident class is not their label, and
is at least ten times as probable, are suspects. They are told in the order of these odds, p(suggested) /
p(label).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.audit import Suspect
from ..data.example import LabelledText
from ..models.linear import fit_linear, predict_linear
from .baselines.words import bag_of_words
from .metrics.base import Vector

__all__ = ["LabelError", "cross_validated", "label_errors", "suspects", "unseen"]

#: A class of fewer rows is not judged: the model that judges a row would hardly know its class.
FEWEST_ROWS = 5
#: How many times more probable than its label another class must be. With fewer, more errors are found, and
#: more rows told that are none (bench/label_errors.py).
ODDS = 10.0
#: Inverse strengths of regularisation that are tried: weak ones learn the errors by heart.
STRENGTHS = (0.1, 0.01, 0.003, 0.001)
#: Naive Bayes' smoothing of words that a class does not have.
SMOOTHING = 0.1
FOLDS = 5


@dataclass(frozen=True, slots=True)
class LabelError:
    """A row whose label may be wrong."""

    index: int
    given: int
    """Number of its class."""
    suggested: int
    margin: float
    """p(suggested) - p(given), greater than 0."""


def suspects(
    examples: Sequence[LabelledText], features: Vector, truth: Vector, labels: Sequence[str], seed: int
) -> tuple[Suspect, ...]:
    """The rows whose one label may be wrong, the most suspicious first; none where rows are all of one group.

    Args:
        features: (N, H) of a model that has not seen the labels.
        truth: (N, C).
        seed: of the folds.
    """
    # A row that belongs to no group is one of its own.
    groups = np.array([example.group or f"#{number}" for number, example in enumerate(examples)])
    if len(set(groups)) < 2:
        return ()
    weights = np.array([example.weight for example in examples])
    texts = [example.text for example in examples]
    return tuple(
        Suspect(
            examples[each.index].where, examples[each.index].text, labels[each.given], labels[each.suggested],
            each.margin,
        )
        for each in label_errors(truth, unseen(texts, features, truth, weights, seed=seed, groups=groups))
    )  # fmt: skip


def label_errors(
    truth: Vector, predicted: Vector, count: int | None = None, odds: float = ODDS
) -> tuple[LabelError, ...]:
    """Suspected label errors, the most suspicious first. For rows of one label each.

    Args:
        truth: (N, C) labels as given; a soft one counts as its most probable class.
        predicted: (N, C) probabilities out of fold, from :func:`cross_validated`.
        count: at most so many.
        odds: how many times more probable than its label the suggested class must be.
    """
    rows, given = np.arange(len(truth)), truth.argmax(1)
    members = np.bincount(given, minlength=truth.shape[1])
    sums = np.zeros(truth.shape[1])
    np.add.at(sums, given, predicted[rows, given])
    judged = members >= FEWEST_ROWS
    threshold = np.where(judged, sums / np.maximum(members, 1), np.inf)
    candidates = np.where(predicted >= threshold, predicted, -np.inf)
    suggested = candidates.argmax(1)
    best, own = candidates[rows, suggested], predicted[rows, given]
    margin = best - own
    times = best / np.maximum(own, 1e-12)
    found = np.flatnonzero((times >= odds) & (margin > 0) & judged[given])
    order = found[np.argsort(-times[found], kind="stable")]
    return tuple(
        LabelError(int(row), int(given[row]), int(suggested[row]), float(margin[row]))
        for row in order[:count]
    )


def unseen(
    texts: Sequence[str],
    features: Vector,
    truth: Vector,
    weights: Vector,
    *,
    seed: int,
    groups: NDArray[Any] | None = None,
) -> Vector:
    """Probabilities (N, C) of each row by models of the other folds: one of features and one of words.

    The two see the texts in different ways and err in different rows. Their geometric mean is taken (a
    logarithmic opinion pool, Genest & Zidek 1986). Of the strengths of regularisation, that with the smallest
    log loss out of fold is taken.

    Args:
        features: (N, H) of a model that has not seen the labels.
        truth: (N, C), one label a row; a soft one counts as its most probable class for the words.
        weights: (N,).
        seed: of the folds.
        groups: (N,) the group of each row; None when each row is its own.
    """
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.preprocessing import normalize

    def log_loss(predicted: Vector) -> float:
        return -float((weights * (truth * np.log(np.maximum(predicted, 1e-12))).sum(1)).sum())

    tried = [cross_validated(features, truth, weights, seed=seed, groups=groups, c=c) for c in STRENGTHS]
    by_features = min(tried, key=log_loss)
    words = bag_of_words().fit_transform(texts)
    # A word of one row says nothing of others, and would only make the shares of the rest smaller.
    shared = np.asarray((words > 0).sum(axis=0)).ravel() > 1
    words = normalize(words[:, shared]) if shared.any() else words
    by_words, given = np.zeros_like(truth), truth.argmax(1)
    for held in _held_out(truth, seed, groups, FOLDS):
        bayes = MultinomialNB(alpha=SMOOTHING).fit(words[~held], given[~held], sample_weight=weights[~held])
        by_words[np.ix_(held, bayes.classes_)] = bayes.predict_proba(words[held])
    pooled: Vector = np.sqrt(np.maximum(by_features * by_words, 1e-24))
    pooled /= pooled.sum(1, keepdims=True)
    return pooled


def cross_validated(
    features: Any,
    truth: Vector,
    weights: Vector,
    *,
    seed: int,
    groups: NDArray[Any] | None = None,
    folds: int = FOLDS,
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
    out = np.empty_like(truth)
    for held in _held_out(truth, seed, groups, folds):
        weight, bias = fit_linear(features[~held], truth[~held], weights[~held], c=c, multi_label=multi_label)
        out[held] = predict_linear(features[held], weight, bias, multi_label=multi_label)
    return out


def _held_out(truth: Vector, seed: int, groups: NDArray[Any] | None, folds: int) -> list[NDArray[np.bool_]]:
    """(N,) of each fold, whether a row is in it. Raises ValueError as :func:`cross_validated` does."""
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
    return [fold[group] == number for number in range(folds)]
