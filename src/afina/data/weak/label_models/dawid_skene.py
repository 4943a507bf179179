"""Annotators and the errors of each."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....errors import DataError
from ....language import _
from .base import Independent, LabelModel, Matrix, Opinion, shares
from .em import maximise

__all__ = ["DawidSkene"]


class DawidSkene(LabelModel):
    """Dawid-Skene: for annotators; learns which labels each of them takes for which, without knowing any.

    Dawid & Skene 1979, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm": one
    table of confusion a function, found by EM from the shares of the votes. A row that an annotator did not
    see says nothing of her, so nothing is learnt of functions that only ever give one label.
    """

    kind: Literal["dawid_skene"] = "dawid_skene"

    def fit(self, votes: Matrix, classes: int, known: Matrix, truth: NDArray[np.int64]) -> Opinion:
        outcomes = votes[..., None] == np.arange(classes)
        if (outcomes.any(0).sum(1) < 2).all():
            raise DataError(
                _("each function gives one label only, and 'dawid_skene' learns nothing of such functions."),
                where=self.place,
                fix=_("Use 'generative', which is for rules."),
            )
        return Independent(*maximise(outcomes, shares(votes, classes)))
