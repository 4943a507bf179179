"""Between two tuned networks, along an arc."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from .base import Combined, Combiner, Score, Weights, each, sweep

__all__ = ["Slerp"]

#: Two tensors whose directions differ less than this are taken as parallel: the arc is a line there.
_PARALLEL = 1e-6


class Slerp(Combiner):
    """Slerp: part of the way from one tuned network to another, along an arc and not a line.

    After Shoemake 1985, tensor by tensor, with ω the angle between the two as vectors:
    sin((1 - t)ω)/sin ω · first + sin(tω)/sin ω · second.
    """

    kind: Literal["slerp"] = "slerp"
    least: ClassVar[int] = 2
    most: ClassVar[int | None] = 2
    ts: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field((0.0, 0.25, 0.5, 0.75, 1.0), min_length=1)
    """Shares of the way to the second network that are tried; the development rows choose."""

    def combine(self, base: Weights, tuned: Sequence[Weights], score: Score) -> Combined:
        def between(t: float) -> Weights:
            return each(tuned[0], tuned, lambda _first, both: _arc(both[0], both[1], t))

        return sweep("t", self.ts, between, score)


def _arc(first: Tensor, second: Tensor, t: float) -> Tensor:
    norms = first.norm() * second.norm()
    cosine = (first * second).sum() / norms if norms > 0 else torch.ones((), dtype=first.dtype)
    angle = torch.arccos(cosine.clamp(-1, 1))
    if torch.sin(angle) < _PARALLEL:
        return (1 - t) * first + t * second
    return (torch.sin((1 - t) * angle) * first + torch.sin(t * angle) * second) / torch.sin(angle)
