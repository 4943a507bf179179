"""Bags of words: what counts as a word to the cheaper ways, and how words are weighted."""

from __future__ import annotations

from typing import Any

__all__ = ["TOKEN", "bag_bytes", "bag_of_words"]

#: Words, and every other sign by itself: of a text of emoji alone something is left, and "!" says a lot.
TOKEN = r"(?u)\w+|[^\w\s]"


def bag_of_words() -> Any:
    """A vectoriser of scikit-learn: words and pairs of words, weighted by how rare they are."""
    # Imported here: scikit-learn takes a second, and most commands need none of it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=TOKEN)


def bag_bytes(vectoriser: Any) -> int:
    """What has to be kept of a fitted vectoriser: its terms, and a weight for each."""
    terms = sum(len(term.encode()) for term in vectoriser.vocabulary_)
    return terms + int(vectoriser.idf_.nbytes)
