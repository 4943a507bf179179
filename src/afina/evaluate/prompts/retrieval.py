"""Prompts with retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from ...data.conversation import Conversation
from ..baselines.retrieve import By, retrieve
from .base import Prompt, question_of

__all__ = ["Retrieval"]


class Retrieval(Prompt):
    """Prompt with retrieval: before every question the training examples with the nearest questions."""

    kind: Literal["retrieval"] = "retrieval"
    by: By = "tfidf"
    """What nearness is measured by: words weighted by how rare they are (tfidf), the search by words BM25
    (bm25), or the vectors of a sentence encoder (embeddings)."""
    examples: int = Field(4, ge=1, le=64)
    """How many examples are shown, where there is room for them; the nearest one stands last."""

    def choose(
        self, shown: Sequence[Any], asked: Sequence[Conversation], seed: int, language: str
    ) -> list[list[int]]:
        known, questions = (list(map(question_of, talks)) for talks in (shown, asked))
        return [row[::-1] for row in retrieve(self.by, known, questions, self.examples, language)]
