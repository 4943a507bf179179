"""The contract of a metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from ...language import _
from ...section import Section

__all__ = ["Metric", "Vector", "decide", "right", "summed"]

Vector = NDArray[np.float64]
Labels = Literal["one", "many"]

#: Bytes of resampling counts that are turned into float64 at once.
CHUNK_BYTES = 32_000_000


class Metric(Section, ABC):
    """A number that says how good predictions are.

    A metric is a function of sums over rows: each row contributes K numbers, and the value follows from their
    sums. So a bootstrap is one matrix product, counts (B, N) @ contributions (N, K), whatever the metric.
    """

    place: ClassVar[str] = "metric"
    kind: str
    single_label: ClassVar[bool] = True
    """Whether it applies where every row has exactly one label."""
    multi_label: ClassVar[bool] = True
    """Whether it applies where a row may have any number of labels."""
    of_labels: ClassVar[bool] = True
    """Whether it is about labels; otherwise rows are right or wrong by no label."""
    greater_is_better: ClassVar[bool] = True
    limits: ClassVar[tuple[float, float]] = (0.0, 1.0)
    """The smallest and the greatest value there is."""
    labels: Labels = "one"
    """Whether a row has one label, its most probable class, or many, all those of probability 0.5 or more."""

    @model_validator(mode="after")
    def _applies(self) -> Self:
        if not (self.single_label if self.labels == "one" else self.multi_label):
            raise ValueError(
                _("the metric {kind} does not apply where rows have one label.").format(kind=self.kind)
                if self.labels == "one"
                else _("the metric {kind} does not apply where rows have several labels.").format(
                    kind=self.kind
                )
            )
        return self

    def __call__(
        self, truth: NDArray[Any], predicted: NDArray[Any], counts: NDArray[Any] | None = None
    ) -> Vector:
        """The value on the rows, or on resamples of them.

        Args:
            truth: (N, C) probability of each class; (N,) texts where the metric is of texts.
            predicted: likewise.
            counts: (B, N), how often each resample draws each row; None for the rows as they are.

        Returns:
            (B,), or a scalar array without ``counts``.
        """
        parts = self.contributions(truth, predicted)
        if counts is None:
            return self.value(parts.sum(0, keepdims=True), np.array([float(len(truth))])).reshape(())
        return self.value(summed(parts, counts), counts.sum(1, dtype=np.float64))

    @abstractmethod
    def contributions(self, truth: Vector, predicted: Vector) -> Vector:
        """(N, K): what each row adds to the sums."""

    def value(self, sums: Vector, rows: Vector) -> Vector:
        """(B,) values from the sums (B, K) over ``rows`` (B,) rows; the mean where K is 1."""
        mean: Vector = sums[:, 0] / rows
        return mean

    def imagined(self, columns: int) -> Vector:
        """(M, K = ``columns``): what rows that might have been there would add, as many wrong as right.

        The right ones come first. Intervals draw two rows of them a resample, on average. None where a row
        is not wholly right or wrong.
        """
        share = type(self).value is Metric.value and self.limits == (0, 1)
        return np.array([[1.0], [0.0]]) if share else np.empty((0, columns))


def summed(parts: Vector, counts: NDArray[Any]) -> Vector:
    """(B, K): the sums of the contributions (N, K) over resamples (B, N)."""
    size = max(1, CHUNK_BYTES // (8 * counts.shape[1]))
    return np.concatenate(
        [counts[at : at + size].astype(np.float64) @ parts for at in range(0, len(counts), size)]
    )


def decide(probabilities: Vector, labels: Labels) -> NDArray[np.bool_]:
    """(N, C): the classes that the probabilities amount to.

    One label: the most probable class, the first of equal ones. Many: those of probability 0.5 or more.
    """
    if labels == "many":
        return probabilities >= 0.5
    chosen = np.zeros(probabilities.shape, dtype=bool)
    chosen[np.arange(len(probabilities)), probabilities.argmax(1)] = True
    return chosen


def right(truth: Vector, predicted: Vector, labels: Labels) -> NDArray[np.bool_]:
    """(N,): the rows whose every label is right."""
    agree: NDArray[np.bool_] = (decide(truth, labels) == decide(predicted, labels)).all(1)
    return agree
