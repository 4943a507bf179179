"""ROUGE-L."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .base import Vector
from .of_texts import TextMetric

__all__ = ["RougeL", "words_of"]


def words_of(text: str) -> list[str]:
    """The words of a text without their case: letters of any language, with their accents."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold())


class RougeL(TextMetric):
    """ROUGE-L: the longest sequence of words that an answer has in common with the expected one, in order.

    F1 of the length of that sequence over the words of either text, the mean over all rows (Lin 2004). The
    usual implementations drop every letter that is not English; words keep their accents here.
    """

    kind: Literal["rouge_l"] = "rouge_l"

    def contributions(self, truth: NDArray[Any], predicted: NDArray[Any]) -> Vector:
        pairs = zip(truth.tolist(), predicted.tolist(), strict=True)
        return np.array([[_f1(words_of(expected), words_of(answer))] for expected, answer in pairs])


def _f1(expected: Sequence[str], answer: Sequence[str]) -> float:
    total = len(expected) + len(answer)
    return 2 * _common(expected, answer) / total if total else 1.0


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    best = [0] * (len(second) + 1)
    for word in first:
        before = 0
        for place, other in enumerate(second, 1):
            before, best[place] = (
                best[place],
                before + 1 if word == other else max(best[place], best[place - 1]),
            )
    return best[-1]
