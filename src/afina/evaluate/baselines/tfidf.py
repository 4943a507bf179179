"""Bags of words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ...models.linear import predict_linear
from .base import Baseline, Context, Outcome, Vector
from .regression import choose
from .words import bag_bytes, bag_of_words

__all__ = ["TfIdf"]


class TfIdf(Baseline):
    """TF-IDF: words and pairs of words, weighted by how rare they are, and a logistic regression."""

    kind: Literal["tfidf"] = "tfidf"
    c: tuple[float, ...] = Field((1.0, 10.0, 100.0), min_length=1)
    """Inverse strengths of regularisation that are tried; the dev split chooses."""

    def fit_predict(self, context: Context) -> Outcome:
        start = time.perf_counter()
        vectoriser = bag_of_words()
        train = vectoriser.fit_transform(context.texts("train"))
        dev = vectoriser.transform(context.texts("dev"))
        best = choose(context, train, dev, self.c)

        def answers(texts: Sequence[str]) -> Vector:
            found = vectoriser.transform(texts)
            return predict_linear(found, best.weight, best.bias, multi_label=context.multi_label)

        return Outcome(
            best.dev,
            answers(context.texts("test")),
            time.perf_counter() - start,
            bag_bytes(vectoriser) + best.size_bytes,
            lambda example: answers([example.text]),
            {"c": best.c, "terms": len(vectoriser.vocabulary_)},
        )
