"""The contract of metrics that compare the tags of words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...data.tags import OUTSIDE
from .base import Metric, Vector

__all__ = ["TagMetric", "tag_pairs"]


class TagMetric(Metric):
    """Base of metrics whose truth and predictions are tags: arrays (N,) of texts, a space between two tags.

    A sentence that was not read to its end has fewer predicted tags: the others are O.
    """

    of_labels: ClassVar[bool] = False

    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        return np.array([self.counts(*pair) for pair in tag_pairs(truth, predicted)], dtype=np.float64)

    @abstractmethod
    def counts(self, true: Sequence[str], said: Sequence[str]) -> Sequence[float]:
        """(K,): what a sentence adds to the sums."""


def tag_pairs(truth: NDArray[Any], predicted: NDArray[Any]) -> list[tuple[list[str], list[str]]]:
    """The true and the predicted tags of each sentence, as many of both."""
    pairs = [(true.split(), said.split()) for true, said in zip(truth.tolist(), predicted.tolist())]
    return [(true, said + [OUTSIDE] * (len(true) - len(said))) for true, said in pairs]
