"""Expectation and maximisation (Dempster, Laird & Rubin 1977) for classes that nobody has seen.

Each function gives one of K outcomes a row, independently of the others once the class is known. With the
class c frequent b_c and function f giving outcome k with probability t_fck, the steps are::

    q_nc  =  b_c Π_f t_fc(outcome of f on n) / Σ_c (the same)            expectation
    b_c   =  Σ_n q_nc / N,    t_fck  =  Σ_{n: k} q_nc / Σ_n q_nc         maximisation
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from .base import TINY, Chances

__all__ = ["maximise"]

#: Steps; some tens are the rule.
MOST = 1000
#: Nats a row that a step has to gain for another one to follow.
LEAST_GAIN = 1e-9


def maximise(
    outcomes: NDArray[np.bool_], start: Chances, *, pseudo: float = 0.0, most: int = MOST
) -> tuple[Chances, Chances]:
    """The frequency of each class (C,), and the probability of each outcome (F, C, K).

    Args:
        outcomes: (N, F, K) true for the outcome of each function; none for one that says nothing of a row.
        start: (N, C) the probabilities of the classes to begin with.
        pseudo: rows that are added to the count of each outcome, so that nothing rare is held to be
            impossible.
        most: at most so many steps.
    """
    rows, functions, kinds = outcomes.shape
    flat = outcomes.reshape(rows, -1).astype(np.float64)
    chances, before = start, -np.inf
    for _step in range(most):
        balance = chances.mean(0)
        counts = (chances.T @ flat).reshape(-1, functions, kinds).transpose(1, 0, 2) + pseudo
        tables = counts / np.maximum(counts.sum(2, keepdims=True), TINY)
        scores = np.log(np.maximum(balance, TINY)) + flat @ np.log(
            np.maximum(tables, TINY).transpose(0, 2, 1).reshape(functions * kinds, -1)
        )
        likelihoods = logsumexp(scores, axis=1, keepdims=True)
        chances = np.exp(scores - likelihoods)
        now = float(likelihoods.mean() + pseudo * np.log(np.maximum(tables, TINY)).sum() / rows)
        if now - before < LEAST_GAIN:
            break
        before = now
    return balance, tables
