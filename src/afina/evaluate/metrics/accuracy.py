"""Accuracy."""

from __future__ import annotations

from typing import ClassVar, Literal

from .base import Metric, Vector, right

__all__ = ["Accuracy"]


class Accuracy(Metric):
    """Accuracy: the share of rows whose class is right."""

    kind: Literal["accuracy"] = "accuracy"
    multi_label: ClassVar[bool] = False

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        return right(truth, predicted, self.labels)[:, None].astype(float)
