"""A search by words, weighted by how rare they are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from numpy.typing import NDArray

from ...data.search import DEPTH, best
from .base import Baseline, Context, Outcome
from .words import bag_bytes

__all__ = ["TfIdfSearch"]


class TfIdfSearch(Baseline):
    """TF-IDF search: documents whose words, weighted by how rare they are, resemble those of the question."""

    kind: Literal["tfidf_search"] = "tfidf_search"
    measured_by: ClassVar[str] = "search"

    def fit_predict(self, context: Context) -> Outcome:
        from sklearn.feature_extraction.text import TfidfVectorizer

        start = time.perf_counter()
        vectoriser = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", token_pattern=r"(?u)\w+")
        documents = vectoriser.fit_transform(context.documents)

        def search(questions: Sequence[str]) -> NDArray[Any]:
            asked = vectoriser.transform(questions)
            return best((asked @ documents.T).toarray(), DEPTH)

        dev, test = search(context.texts("dev")), search(context.texts("test"))
        size = bag_bytes(vectoriser) + documents.data.nbytes + documents.indices.nbytes
        seconds = time.perf_counter() - start
        return Outcome(dev, test, seconds, size, lambda match: search([match.text]))
