"""Task vectors that are trimmed and agree on their signs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from .base import Combined, Combiner, Score, Weights, each, sweep, vectors

__all__ = ["Ties"]


class Ties(Combiner):
    """TIES: of what each tuning added only the largest numbers, and only where the tunings agree on the sign.

    After Yadav et al. 2023, tensor by tensor. Trim: of each task vector the ``density`` share of largest
    magnitude stays, the rest is 0. Elect: the sign of each number is that of the sum. Merge: the mean of the
    vectors' numbers that are not 0 and have that sign. The result is base + s·merged.
    """

    kind: Literal["ties"] = "ties"
    least: ClassVar[int] = 2
    density: float = Field(0.2, gt=0, le=1)
    """Share of the numbers of each tuning that stay, the largest ones."""
    scales: tuple[Annotated[float, Field(ge=0)], ...] = Field((0.5, 0.7, 1.0, 1.3, 1.6), min_length=1)
    """Factors of the result that are tried; the development rows choose."""

    def combine(self, base: Weights, tuned: Sequence[Weights], score: Score) -> Combined:
        def scaled(s: float) -> Weights:
            return each(base, tuned, lambda b, others: b + s * _merged(vectors(b, others), self.density))

        return sweep("scale", self.scales, scaled, score)


def _merged(added: Tensor, density: float) -> Tensor:
    """(M, …) task vectors -> (…)."""
    flat = added.flatten(1)
    keep = max(1, math.ceil(density * flat.shape[1]))
    # The smallest magnitude that stays; equal ones all stay.
    least = flat.abs().topk(keep, dim=1).values[:, -1:]
    trimmed = torch.where(flat.abs() >= least, flat, 0.0)
    elected = trimmed.sum(0).sign()
    agrees = (trimmed.sign() == elected) & (trimmed != 0)
    total = torch.where(agrees, trimmed, 0.0).sum(0)
    return (total / agrees.sum(0).clamp_min(1)).view(added.shape[1:])
