"""Training rows that are nearest to others, as the baselines of neighbours need them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...data.search import best
from .base import Context, Outcome, Vector

__all__ = ["NEIGHBOURS", "by_neighbours"]

#: Numbers of neighbours that are tried.
NEIGHBOURS = (1, 3, 5, 10, 20, 50)
#: Rows whose likeness to all training rows is held at once.
_CHUNK = 1024


def by_neighbours(
    context: Context,
    counts: Sequence[int],
    value: Callable[[Vector], float],
    *,
    prior: float,
) -> Outcome:
    """What the nearest training rows say, weighted (k nearest neighbours, Cover & Hart 1967).

    ``(Σ_i w_i y_i + prior · ȳ) / (Σ_i w_i + prior)`` over the k rows i of the greatest cosine of the frozen
    features, where ``ȳ`` is the mean of all training rows.

    Args:
        counts: numbers k that are tried; of equally good ones the greatest is taken, whose answer hangs least
            on a single row.
        value: how good answers on dev are.
        prior: how many neighbours the mean of all training rows counts as.
    """
    features, seconds = context.features()
    start = time.perf_counter()
    counts_for = context.weights > 0
    known, weights = features["train"][counts_for].astype(np.float64), context.weights[counts_for]
    truth = context.truth["train"][counts_for]
    truth = truth if truth.ndim > 1 else truth[:, None]
    mean = np.average(truth, axis=0, weights=weights)
    # The fewest where all ask for more rows than there are.
    tried = [count for count in sorted(counts, reverse=True) if count <= len(known)] or [len(known)]
    there = _of_length_one(known).T
    near = {side: _nearest(features[side], there, tried[0]) for side in ("dev", "test")}

    def answers(rows: NDArray[np.int64]) -> Vector:
        mass = weights[rows][..., None]
        found: Vector = ((mass * truth[rows]).sum(1) + prior * mean) / (mass.sum(1) + prior)
        return found if context.truth["train"].ndim > 1 else found[:, 0]

    count = max(tried, key=lambda count: value(answers(near["dev"][:, :count])))
    dev, test = (answers(near[side][:, :count]) for side in ("dev", "test"))
    trunk = sum(each.numel() * each.element_size() for each in context.loaded.trunk.parameters())
    size = trunk + features["train"].nbytes + truth.nbytes
    return Outcome(
        dev, test, seconds + time.perf_counter() - start, size,
        lambda example: answers(_nearest(context.vector(example)[None], there, count)),
        {"neighbours": count},
    )  # fmt: skip


def _nearest(rows: NDArray[np.float32], there: Vector, count: int) -> NDArray[np.int64]:
    """(N, count): the columns of ``there`` (H, D), of length 1, of the greatest cosine, the nearest first."""
    parts = (rows[start : start + _CHUNK].astype(np.float64) for start in range(0, len(rows), _CHUNK))
    return np.concatenate([best(_of_length_one(part) @ there, count) for part in parts])


def _of_length_one(rows: Vector) -> Vector:
    found: Vector = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
    return found
