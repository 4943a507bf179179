"""Labelling functions, of which each may speak more of some labels than of others."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .base import ABSTAINS, Independent, LabelModel, Matrix, Opinion, shares
from .em import maximise

__all__ = ["Generative"]

#: Functions. The parameters of fewer do not follow from their votes (Allman, Matias & Rhodes 2009).
FEWEST = 3
#: Rows that are added to each outcome of a function. A rule that never erred on some hundred rows may yet.
PSEUDO = 0.1


class Generative(LabelModel):
    """Generative: for rules; learns how often each is right from which of them speak together.

    Functions are independent given the label, and each votes for each label, or not at all, with a
    probability that depends on it (Ratner et al. 2016, "Data Programming"; the parameters are those of Ratner
    et al. 2019, "Training Complex Models with Multi-Task Weak Supervision"). They are found by EM in the
    place of the completion of a matrix. As there, votes that were not cast help to find the parameters, and
    do not count when a row is labelled: that rules are silent is mostly chance. Of one or two functions
    nothing can be learnt in this way, and the shares of their votes are taken.
    """

    kind: Literal["generative"] = "generative"

    def fit(self, votes: Matrix, classes: int, known: Matrix, truth: NDArray[np.int64]) -> Opinion:
        if votes.shape[1] < FEWEST:
            return lambda cast: shares(cast, classes)
        outcomes = votes[..., None] == np.array([*range(classes), ABSTAINS])
        balance, tables = maximise(outcomes, shares(votes, classes), pseudo=PSEUDO)
        return Independent(balance, tables[..., :classes])
