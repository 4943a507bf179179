"""A search by words."""

from __future__ import annotations

import time
from typing import ClassVar, Literal

from ...data.search import DEPTH, Bm25
from .base import Baseline, Context, Outcome

__all__ = ["Bm25Search"]


class Bm25Search(Baseline):
    """BM25: documents that share rare words with the question; nothing is learnt."""

    kind: Literal["bm25"] = "bm25"
    measured_by: ClassVar[str] = "search"

    def fit_predict(self, context: Context) -> Outcome:
        start = time.perf_counter()
        index = Bm25(context.documents)
        dev, test = (index.search(context.texts(split), DEPTH) for split in ("dev", "test"))
        seconds = time.perf_counter() - start
        return Outcome(dev, test, seconds, index.size_bytes, lambda match: index.search([match.text], DEPTH))
