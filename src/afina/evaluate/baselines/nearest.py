"""The nearest training rows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..metrics import metrics_of
from .base import Baseline, Context, Outcome
from .neighbours import NEIGHBOURS, by_neighbours

__all__ = ["Nearest"]


class Nearest(Baseline):
    """Nearest rows: the labels of the training rows that the pretrained model finds most alike, untrained.

    The share of each class among all training rows counts as one neighbour more, so that no probability is 0
    for want of neighbours.
    """

    kind: Literal["nearest"] = "nearest"
    neighbours: tuple[Annotated[int, Field(ge=1)], ...] = Field(NEIGHBOURS, min_length=1)
    """Numbers of neighbours that are tried; the dev split chooses."""

    def applies(self, context: Context) -> bool:
        return context.loaded is not None

    def fit_predict(self, context: Context) -> Outcome:
        metric = metrics_of(["macro_f1"], multi_label=context.multi_label)["macro_f1"]
        truth = context.truth["dev"]
        return by_neighbours(context, self.neighbours, lambda dev: float(metric(truth, dev)), prior=1.0)
