"""Bags of words."""

from __future__ import annotations

import time
from typing import Literal

from pydantic import Field

from ...models.linear import predict_linear
from .base import Baseline, Context, Outcome
from .regression import choose
from .words import TOKEN

__all__ = ["TfIdf"]


class TfIdf(Baseline):
    """TF-IDF: words and pairs of words, weighted by how rare they are, and a logistic regression."""

    kind: Literal["tfidf"] = "tfidf"
    c: tuple[float, ...] = Field((1.0, 10.0, 100.0), min_length=1)
    """Inverse strengths of regularisation that are tried; the dev split chooses."""

    def fit_predict(self, context: Context) -> Outcome:
        from sklearn.feature_extraction.text import TfidfVectorizer

        start = time.perf_counter()
        vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=TOKEN)
        train = vectoriser.fit_transform(context.texts("train"))
        dev, test = (vectoriser.transform(context.texts(split)) for split in ("dev", "test"))
        best = choose(context, train, dev, self.c)
        answers = predict_linear(test, best.weight, best.bias, multi_label=context.multi_label)
        terms = sum(len(term.encode()) for term in vectoriser.vocabulary_)
        return Outcome(
            best.dev,
            answers,
            time.perf_counter() - start,
            terms + vectoriser.idf_.nbytes + best.size_bytes,
            {"c": best.c, "terms": len(vectoriser.vocabulary_)},
        )
