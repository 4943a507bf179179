"""The sum of what several tunings added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from .base import Combined, Combiner, Score, Weights, each, sweep, vectors

__all__ = ["Arithmetic"]


class Arithmetic(Combiner):
    """Task arithmetic: what each tuning added to the pretrained network, summed and scaled.

    base + s·Σ_i (tuned_i - base), after Ilharco et al. 2023.
    """

    kind: Literal["arithmetic"] = "arithmetic"
    scales: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0), min_length=1
    )
    """Factors of the sum that are tried; the development rows choose."""

    def combine(self, base: Weights, tuned: Sequence[Weights], score: Score) -> Combined:
        def scaled(s: float) -> Weights:
            return each(base, tuned, lambda b, others: b + s * vectors(b, others).sum(0))

        return sweep("scale", self.scales, scaled, score)
