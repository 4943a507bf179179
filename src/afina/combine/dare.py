"""Task vectors of which most numbers are dropped at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from .base import Combined, Combiner, Score, Weights, each, sweep, vectors

__all__ = ["Dare"]


class Dare(Combiner):
    """DARE: of what each tuning added most numbers are dropped at random, and the rest is made larger for it.

    After Yu et al. 2024: each number of a task vector is 0 with probability ``drop`` and divided by
    1 - ``drop`` otherwise, so that its expectation stays; the result is base + s·Σ_i of them.
    """

    kind: Literal["dare"] = "dare"
    drop: float = Field(0.5, ge=0, lt=1)
    """Share of the numbers that are dropped."""
    seed: int = Field(0, ge=0, lt=2**32)
    """The same seed drops the same numbers."""
    scales: tuple[Annotated[float, Field(ge=0)], ...] = Field((0.3, 0.5, 0.7, 1.0), min_length=1)
    """Factors of the sum that are tried; the development rows choose."""

    def combine(self, base: Weights, tuned: Sequence[Weights], score: Score) -> Combined:
        def scaled(s: float) -> Weights:
            generator = torch.Generator().manual_seed(self.seed)

            def made(b: Tensor, others: list[Tensor]) -> Tensor:
                added = vectors(b, others)
                kept = torch.rand(added.shape, generator=generator, dtype=added.dtype) >= self.drop
                return b + s * (added * kept / (1 - self.drop)).sum(0)

            return each(base, tuned, made)

        return sweep("scale", self.scales, scaled, score)
