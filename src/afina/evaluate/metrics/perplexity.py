"""Perplexity of the tokens that are to be answered."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np

from .base import Metric, Vector

__all__ = ["Perplexity"]


class Perplexity(Metric):
    """Perplexity: among how many equally likely tokens the model is undecided, on average; 1 is best.

    ``exp(Σ loss / Σ weight)`` over the tokens of all rows, each of which gives the sum of its losses and that
    of what its tokens count (Jelinek et al. 1977).
    """

    kind: Literal["perplexity"] = "perplexity"
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (1.0, math.inf)
    of_labels: ClassVar[bool] = False

    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        """(N, 2): ``predicted`` itself; ``truth`` plays no part."""
        return predicted

    def value(self, sums: Vector, rows: Vector) -> Vector:
        found: Vector = np.exp(sums[:, 0] / sums[:, 1])
        return found
