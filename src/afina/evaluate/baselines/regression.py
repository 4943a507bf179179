"""A linear head whose regularisation is chosen on dev, as the tfidf and features baselines need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...models.linear import fit_linear, predict_linear
from ..metrics import metrics_of
from .base import Context, Vector

__all__ = ["Chosen", "choose"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The head of the best regularisation and its probabilities."""

    c: float
    weight: Vector
    bias: Vector
    dev: Vector
    """(N, C)"""

    @property
    def size_bytes(self) -> int:
        return self.weight.nbytes + self.bias.nbytes


def choose(context: Context, train: Any, dev: Any, strengths: Sequence[float]) -> Chosen:
    """The fit on train that is best on dev by macro-F1; of equal ones the most regularised."""
    metric = metrics_of(["macro_f1"], multi_label=context.multi_label)["macro_f1"]
    fits = []
    for c in sorted(strengths):
        weight, bias = fit_linear(
            train, context.truth["train"], context.weights, c=c, multi_label=context.multi_label
        )
        answers = predict_linear(dev, weight, bias, multi_label=context.multi_label)
        fits.append(Chosen(c, weight, bias, answers))
    return max(fits, key=lambda fit: float(metric(context.truth["dev"], fit.dev)))
