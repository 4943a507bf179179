"""Majority vote."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .base import LabelModel, Matrix, Opinion, shares

__all__ = ["MajorityVote"]


class MajorityVote(LabelModel):
    """Majority: every vote counts the same; the probability of a label is its share of the votes."""

    kind: Literal["majority"] = "majority"

    def fit(self, votes: Matrix, classes: int, known: Matrix, truth: NDArray[np.int64]) -> Opinion:
        return lambda cast: shares(cast, classes)
