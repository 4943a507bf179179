"""The nearest training rows, for numbers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import Baseline, Context, Outcome
from .neighbours import NEIGHBOURS, by_neighbours

__all__ = ["NearestMean"]


class NearestMean(Baseline):
    """Nearest rows for numbers: the mean of those that the pretrained model finds most alike, untrained."""

    kind: Literal["nearest_mean"] = "nearest_mean"
    measured_by: ClassVar[str] = "numbers"
    neighbours: tuple[Annotated[int, Field(ge=1)], ...] = Field(NEIGHBOURS, min_length=1)
    """Numbers of neighbours that are tried; the dev split chooses."""

    def applies(self, context: Context) -> bool:
        return context.loaded is not None

    def fit_predict(self, context: Context) -> Outcome:
        truth = context.truth["dev"]
        return by_neighbours(
            context, self.neighbours, lambda dev: -float(((dev - truth) ** 2).mean()), prior=0
        )
