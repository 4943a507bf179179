"""Between the pretrained network and the tuned one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import Combined, Combiner, Score, Weights, each, sweep

__all__ = ["Interpolate"]


class Interpolate(Combiner):
    """Interpolation: part of the way from the pretrained network to the tuned one (WiSE-FT).

    (1 - a)·base + a·tuned, after Wortsman et al. 2022 (Robust fine-tuning of zero-shot models). They start
    from a zero-shot classifier; a network whose head is new has none, so the base is the frozen trunk with
    the linear head that fits it best (a probe).
    """

    kind: Literal["interpolate"] = "interpolate"
    most: ClassVar[int | None] = 1
    alphas: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0), min_length=1
    )
    """Shares of the tuned network that are tried; the development rows choose."""

    def combine(self, base: Weights, tuned: Sequence[Weights], score: Score) -> Combined:
        def between(a: float) -> Weights:
            return each(base, tuned, lambda b, others: (1 - a) * b + a * others[0])

        return sweep("alpha", self.alphas, between, score)
