"""The contract of a label model, and what most come to: votes that are independent given the label."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ....section import Section

__all__ = ["ABSTAINS", "Chances", "Independent", "LabelModel", "Matrix", "Opinion", "shares"]

Matrix = NDArray[np.int64]
Chances = NDArray[np.float64]
Opinion = Callable[[Matrix], Chances]
"""From votes (N, F) to the probability of each class (N, C)."""

#: In the place of the number of a class: the function has nothing to say of the row.
ABSTAINS = -1
#: Probability that stands for none at all: its logarithm is finite.
TINY = 1e-12


class LabelModel(Section, ABC):
    """How the votes of labelling functions become the probability of each label."""

    place: ClassVar[str] = "data.weak.label_model"
    kind: str

    @abstractmethod
    def fit(self, votes: Matrix, classes: int, known: Matrix, truth: NDArray[np.int64]) -> Opinion:
        """What the votes of a row say of its label.

        Args:
            votes: (N, F) class numbers on rows without a label, ABSTAINS where a function does not vote.
            classes: C.
            known: (M, F) votes on rows that were labelled by hand, which may be none.
            truth: (M,) their classes.

        Raises:
            DataError: nothing can be learnt of such votes.
        """


@dataclass(frozen=True)
class Independent:
    """Votes that do not depend on each other once the label is known; those not cast count for nothing."""

    balance: Chances
    """(C,) how frequent each class is."""
    tables: Chances
    """(F, C, C): the probability that a function votes for class l when the class is y, at [f, y, l]."""

    def __call__(self, votes: Matrix) -> Chances:
        scores = np.tile(np.log(np.maximum(self.balance, TINY)), (len(votes), 1))
        for column, table in zip(votes.T, np.log(np.maximum(self.tables, TINY)), strict=True):
            cast = column != ABSTAINS
            scores[cast] += table[:, column[cast]].T
        chances: Chances = softmax(scores, axis=1)
        return chances


def shares(votes: Matrix, classes: int) -> Chances:
    """(N, C): the share of each class in the votes cast; all alike where there are none."""
    counts = (votes[..., None] == np.arange(classes)).sum(1)
    cast = counts.sum(1, keepdims=True)
    made: Chances = np.where(cast > 0, counts / np.maximum(cast, 1), 1 / classes)
    return made
