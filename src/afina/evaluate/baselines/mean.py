"""The mean of the training rows, whatever the text."""

from __future__ import annotations

import time
from typing import ClassVar, Literal

import numpy as np

from .base import Baseline, Context, Outcome

__all__ = ["Mean"]


class Mean(Baseline):
    """Mean: always the mean number of the training rows; the least that a model must beat."""

    kind: Literal["mean"] = "mean"
    measured_by: ClassVar[str] = "numbers"

    def fit_predict(self, context: Context) -> Outcome:
        start = time.perf_counter()
        mean = np.average(context.truth["train"], weights=context.weights)
        dev, test = (np.full(len(context.truth[split]), mean) for split in ("dev", "test"))
        return Outcome(dev, test, time.perf_counter() - start, mean.nbytes, lambda example: mean)
