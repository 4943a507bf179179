"""Exact match."""

from __future__ import annotations

from typing import ClassVar, Literal

from .base import Labels, Metric, Vector, right

__all__ = ["ExactMatch"]


class ExactMatch(Metric):
    """Exact match: the share of rows whose labels are all right, with none missing and none too many."""

    kind: Literal["exact_match"] = "exact_match"
    single_label: ClassVar[bool] = False
    labels: Labels = "many"
    """Rows have any number of labels."""

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        return right(truth, predicted, self.labels)[:, None].astype(float)
