"""Exact answers."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .base import Vector
from .of_texts import TextMetric

__all__ = ["ExactAnswer"]


class ExactAnswer(TextMetric):
    """Exact answer: the share of answers that are the expected text, but for case and spaces."""

    kind: Literal["exact_answer"] = "exact_answer"

    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        pairs = zip(truth.tolist(), predicted.tolist(), strict=True)
        return np.array([[float(_plain(expected) == _plain(answer))] for expected, answer in pairs])


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
