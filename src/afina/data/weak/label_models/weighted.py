"""Votes weighted by how often each function is right."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....errors import DataError
from ....language import _
from .base import ABSTAINS, Independent, LabelModel, Matrix, Opinion

__all__ = ["WeightedVote"]


class WeightedVote(LabelModel):
    """Weighted: each function counts by how often it is right on the development rows.

    With α the share of a function's votes that are right, and C classes, a vote adds log(α (C - 1) / (1 - α))
    to the score of its label: the best weights for independent voters (Nitzan & Paroush 1982, "Optimal
    Decision Rules in Uncertain Dichotomous Choice Situations"). Two votes of the accuracy of all functions
    together are added to each, so that few rows do not make a function infallible.
    """

    kind: Literal["weighted"] = "weighted"

    def fit(self, votes: Matrix, classes: int, known: Matrix, truth: NDArray[np.int64]) -> Opinion:
        if not len(truth):
            raise DataError(
                _("'weighted' needs development rows that were labelled by hand."),
                where=self.place,
                fix=_("Give some with data.dev, or use 'generative' or 'majority'."),
            )
        voted = known != ABSTAINS
        cast, right = voted.sum(0), (voted & (known == truth[:, None])).sum(0)
        overall = (right.sum() + 1) / (cast.sum() + 2)
        accuracy = (right + 2 * overall) / (cast + 2)
        other = (1 - accuracy) / (classes - 1)
        tables = np.where(np.eye(classes, dtype=bool), accuracy[:, None, None], other[:, None, None])
        return Independent(np.full(classes, 1 / classes), tables)
