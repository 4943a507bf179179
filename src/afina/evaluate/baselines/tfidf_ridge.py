"""Bags of words for numbers."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Literal

from pydantic import Field

from .base import Baseline, Context, Outcome
from .ridge import ridge
from .words import bag_bytes, bag_of_words

__all__ = ["TfIdfRidge"]


class TfIdfRidge(Baseline):
    """TF-IDF for numbers: words and pairs of words, weighted by how rare they are, and a ridge regression.

    Of a pair of texts, what stands in the first, in the second, and in both.
    """

    kind: Literal["tfidf_ridge"] = "tfidf_ridge"
    measured_by: ClassVar[str] = "numbers"
    c: tuple[float, ...] = Field((0.1, 0.3, 1.0, 3.0, 10.0), min_length=1)
    """Inverse strengths of regularisation that are tried; the dev split chooses."""

    def fit_predict(self, context: Context) -> Outcome:
        from scipy.sparse import hstack

        start = time.perf_counter()
        vectoriser = bag_of_words()
        vectoriser.fit([text for one in context.splits.train for text in one.texts])

        def vectors(rows: Any) -> Any:
            first, *second = (
                vectoriser.transform(texts) for texts in zip(*(one.texts for one in rows), strict=True)
            )
            return hstack([first, *second, *(first.multiply(other) for other in second)]).tocsr()

        made = {name: vectors(rows) for name, rows in context.splits.items()}
        seconds = time.perf_counter() - start
        return ridge(
            context, made, lambda example: vectors([example]), self.c, seconds, bag_bytes(vectoriser)
        )
