"""The most frequent class, whatever the text."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np

from .base import Baseline, Context, Outcome

__all__ = ["Majority"]


class Majority(Baseline):
    """Majority: always the most frequent class of the training rows; the least that a model must beat."""

    kind: Literal["majority"] = "majority"

    def fit_predict(self, context: Context) -> Outcome:
        start = time.perf_counter()
        shares = np.average(context.truth["train"], axis=0, weights=context.weights)
        dev, test = (np.tile(shares, (len(context.truth[split]), 1)) for split in ("dev", "test"))
        return Outcome(dev, test, time.perf_counter() - start, shares.nbytes, lambda example: shares)
