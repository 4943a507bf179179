"""Micro-averaged F1."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from .base import Labels, Vector, decide
from .of_overlap import OverlapMetric

__all__ = ["MicroF1"]


class MicroF1(OverlapMetric):
    """Micro-F1: the F1 over all labels of all rows taken together, so that frequent labels count more.

    2 TP / (2 TP + FP + FN), and 0 where no label stands in the truth or in the predictions. Where rows have
    one label each this is the accuracy, so it is only given for many.
    """

    kind: Literal["micro_f1"] = "micro_f1"
    single_label: ClassVar[bool] = False
    labels: Labels = "many"
    """Rows have any number of labels."""

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        true, said = decide(truth, self.labels), decide(predicted, self.labels)
        return np.stack([(true & said).sum(1), true.sum(1) + said.sum(1)], axis=1).astype(float)
