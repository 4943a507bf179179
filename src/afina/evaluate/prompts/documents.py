"""Prompts with passages of a person's own documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from ...data.clean import Clean
from ...data.collect import read_documents
from ...data.conversation import Conversation
from ...data.load import Data
from ..baselines.retrieve import By, retrieve
from .base import Prompt, question_of

__all__ = ["Documents"]

#: Words of a passage, about: a paragraph is never cut (Karpukhin et al. 2020 take 100 words).
WORDS = 100


class Documents(Prompt):
    """Prompt with documents: before every question the passages of your documents that are nearest to it.

    What changes faster than a model is trained, such as prices and dates, is looked up (Lewis et al. 2020).
    Passages are whole paragraphs; they stand in the turn that asks, and the question follows them.
    """

    kind: Literal["documents"] = "documents"
    files: ClassVar[tuple[str, ...]] = ("path",)
    path: str = ""
    """The documents: a folder of plain texts or Markdown files, or a file with a text in each row."""
    by: By = "bm25"
    """What nearness is measured by: words weighted by how rare they are (tfidf), the search by words BM25
    (bm25), or the vectors of a sentence encoder (embeddings)."""
    passages: int = Field(3, ge=1, le=64)
    """How many passages are shown, where there is room for them; the nearest one stands last."""

    def shows(self, train: Sequence[Conversation]) -> Sequence[Any]:
        return passages_of(self.path)

    def choose(
        self, shown: Sequence[Any], asked: Sequence[Conversation], seed: int, language: str
    ) -> list[list[int]]:
        questions = list(map(question_of, asked))
        return [row[::-1] for row in retrieve(self.by, shown, questions, self.passages, language)]

    def put(self, talk: Conversation, chosen: Sequence[Any]) -> Conversation:
        *earlier, asked, answer = talk.messages
        text = "\n\n".join([*chosen, asked.content])
        return replace(talk, messages=(*earlier, replace(asked, content=text), answer))


def passages_of(path: str) -> list[str]:
    """Passages of some 100 words, of whole paragraphs. Raises DataError."""
    made: list[str] = []
    for text in read_documents(path, Data(path=path, clean=Clean(whitespace=False))):
        held: list[str] = []
        for paragraph in filter(None, map(str.strip, text.split("\n\n"))):
            held.append(paragraph)
            if sum(len(part.split()) for part in held) >= WORDS:
                made.append("\n\n".join(held))
                held = []
        made += ["\n\n".join(held)] if held else []
    return made
