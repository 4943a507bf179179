"""Finding documents: the best ones by scores, and BM25."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .near_duplicates import normal_form

__all__ = ["DEPTH", "NOTHING", "Bm25", "best"]

#: How many documents a ranking names.
DEPTH = 100
#: What stands in a ranking where no more documents are found.
NOTHING = -1

_WORD = re.compile(r"\w+")


def best(scores: NDArray[Any], count: int) -> NDArray[np.int64]:
    """(N, K): the numbers of the documents of the greatest scores (N, D), best first.

    Of equal ones the first; K is ``count``, or D where there are fewer documents.
    """
    ranked: NDArray[np.int64] = np.argsort(-scores, axis=-1, kind="stable")[..., :count]
    return ranked


class Bm25:
    """A search by words: Okapi BM25 in Lucene's form, k1 = 1.5 and b = 0.75 (Robertson & Zaragoza 2009).

    Words are runs of letters and digits, without case and accents; none is left out, and none is cut to
    its stem, so that it works alike in every language that divides words.
    """

    def __init__(self, documents: Sequence[str]) -> None:
        self._documents = documents

    @cached_property
    def _index(self) -> Any:
        import bm25s

        index = bm25s.BM25()
        index.index([_words(text) for text in self._documents], show_progress=False)
        return index

    @property
    def size_bytes(self) -> int:
        """What the index takes."""
        parts = self._index.scores
        words = sum(len(word.encode()) for word in self._index.vocab_dict if isinstance(word, str))
        return words + sum(int(parts[name].nbytes) for name in ("data", "indices", "indptr"))

    def scores(self, query: str) -> NDArray[np.float32]:
        """(D,): how well each document answers; 0 where it shares no word with the query."""
        known = [word for word in _words(query) if word in self._index.vocab_dict]
        if not known:
            return np.zeros(len(self._documents), np.float32)
        found: NDArray[np.float32] = self._index.get_scores(known)
        return found

    def search(self, queries: Sequence[str], count: int) -> NDArray[np.int64]:
        """(N, count): the best documents of each query, and NOTHING where no others share a word with it."""
        found = np.full((len(queries), count), NOTHING)
        for row, query in zip(found, queries, strict=True):
            scores = self.scores(query)
            ranked = best(scores, count)
            ranked = ranked[scores[ranked] > 0]
            row[: len(ranked)] = ranked
        return found


def _words(text: str) -> list[str]:
    return _WORD.findall(normal_form(text))
