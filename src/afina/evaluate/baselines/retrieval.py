"""Prompts with the examples that are nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ...data.example import LabelledText
from .base import Context
from .label_prompt import LabelPrompt
from .retrieve import By, retrieve

__all__ = ["RetrievalLabels"]


class RetrievalLabels(LabelPrompt):
    """Prompt with retrieved examples: before every text the training rows that are nearest to it."""

    kind: Literal["retrieval"] = "retrieval"
    by: By = "tfidf"
    """What nearness is measured by: words weighted by how rare they are (tfidf), the search by words BM25
    (bm25), or the vectors of a sentence encoder (embeddings)."""
    examples: int = Field(4, ge=1, le=64)
    """How many examples are shown, where there is room for them; the nearest one stands last."""

    def shown(self, context: Context, texts: Sequence[str]) -> list[list[LabelledText]]:
        train = context.splits.train
        near = retrieve(self.by, [row.text for row in train], texts, self.examples, context.language)
        return [[train[number] for number in reversed(row)] for row in near]
