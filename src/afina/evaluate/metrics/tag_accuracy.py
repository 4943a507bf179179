"""Accuracy of tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .base import Vector
from .of_tags import TagMetric

__all__ = ["TagAccuracy"]


class TagAccuracy(TagMetric):
    """Tag accuracy: the share of words whose tag is right; high where most words have the same one, O."""

    kind: Literal["tag_accuracy"] = "tag_accuracy"

    def counts(self, true: Sequence[str], said: Sequence[str]) -> Sequence[float]:
        return sum(one == other for one, other in zip(true, said, strict=True)), len(true)

    def value(self, sums: Vector, rows: Vector) -> Vector:
        share: Vector = sums[:, 0] / sums[:, 1]
        return share
