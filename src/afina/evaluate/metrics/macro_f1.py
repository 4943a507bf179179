"""Macro-averaged F1."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .base import Vector, decide
from .of_overlap import OverlapMetric

__all__ = ["MacroF1"]


class MacroF1(OverlapMetric):
    """Macro-F1: the mean of the F1 of every class, so that rare classes count as much as frequent ones.

    F1 = 2 TP / (2 TP + FP + FN). The mean is over all C classes; one that stands neither in the truth nor in
    the predictions has F1 = 0. This is scikit-learn's ``f1_score(average="macro", labels=all,
    zero_division=0)``, on the rows and in the same way on every resample: a class of very few rows is missing
    from some resamples, and the interval is wide because so little is known about it.
    """

    kind: Literal["macro_f1"] = "macro_f1"

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        true, said = decide(truth, self.labels), decide(predicted, self.labels)
        return np.concatenate([true & said, true.astype(int) + said], axis=1).astype(float)
