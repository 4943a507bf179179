"""The most frequent tag of each word."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .base import Baseline, Context, Outcome

__all__ = ["WordTags"]


class WordTags(Baseline):
    """Word tags: the tag that each word has most often in the training rows; the least to be beaten.

    A word that is not among them has the most frequent tag of all.
    """

    kind: Literal["word_tags"] = "word_tags"
    measured_by: ClassVar[str] = "tags"

    def fit_predict(self, context: Context) -> Outcome:
        start = time.perf_counter()
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        every: Counter[str] = Counter()
        for example in context.splits.train:
            for word, tag in zip(example.words, example.tags, strict=True):
                counts[word][tag] += example.weight
                every[tag] += example.weight
        # Of tags that are equally frequent, the first in the order of the alphabet.
        table = {word: min(found, key=lambda tag: (-found[tag], tag)) for word, found in counts.items()}
        other = min(every, key=lambda tag: (-every[tag], tag))

        def answers(rows: Any) -> NDArray[np.str_]:
            return np.array([" ".join(table.get(word, other) for word in row.words) for row in rows])

        size = sum(len(word.encode()) + len(tag.encode()) for word, tag in table.items())
        dev, test = answers(context.splits.dev), answers(context.splits.test)
        seconds = time.perf_counter() - start
        return Outcome(dev, test, seconds, size, lambda example: answers([example]))
