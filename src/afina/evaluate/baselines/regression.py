"""Heads whose regularisation is chosen on dev."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from numpy.typing import NDArray

from ...models.linear import fit_linear, predict_linear
from ..metrics import metrics_of
from .base import Context, Vector

__all__ = ["Chosen", "best", "choose"]

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A head, and what it says."""

    c: float
    weight: Vector
    bias: Vector
    dev: NDArray[Any]
    """What it says of the dev rows: probabilities (N, C), or what the metric takes."""

    @property
    def size_bytes(self) -> int:
        return self.weight.nbytes + self.bias.nbytes


def best(strengths: Sequence[float], fit: Callable[[float], Made], value: Callable[[Made], float]) -> Made:
    """Of one fit for each strength, the one whose value is greatest; of equal ones the most regularised.

    Args:
        strengths: inverse, as scikit-learn's ``C``.
        fit: on the training rows.
        value: of a fit on dev; greater is better.
    """
    return max(map(fit, sorted(strengths)), key=value)


def choose(context: Context, train: Any, dev: Any, strengths: Sequence[float]) -> Chosen:
    """The head that is best on dev by macro-F1."""
    metric = metrics_of(["macro_f1"], multi_label=context.multi_label)["macro_f1"]

    def fit(c: float) -> Chosen:
        weight, bias = fit_linear(
            train, context.truth["train"], context.weights, c=c, multi_label=context.multi_label
        )
        return Chosen(c, weight, bias, predict_linear(dev, weight, bias, multi_label=context.multi_label))

    return best(strengths, fit, lambda made: float(metric(context.truth["dev"], made.dev)))
