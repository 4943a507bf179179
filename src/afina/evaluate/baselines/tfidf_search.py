"""A search by words, weighted by how rare they are."""

from __future__ import annotations

import time
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

        def search(split: str) -> NDArray[Any]:
            asked = vectoriser.transform(context.texts(split))
            return best((asked @ documents.T).toarray(), DEPTH)

        dev, test = search("dev"), search("test")
        size = bag_bytes(vectoriser) + documents.data.nbytes + documents.indices.nbytes
        return Outcome(dev, test, time.perf_counter() - start, size)
