"""What a search is learnt from: questions and the documents that answer them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .example import Example

__all__ = ["Document", "Match"]


@dataclass(frozen=True, slots=True)
class Document:
    """A text that can be found."""

    number: int
    """Its place in the collection, counted from 0."""
    text: str
    """After cleaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Example):
    """A question and one document that answers it. Its ``group`` is the question's identifier."""

    target: ClassVar[None] = None
    label: ClassVar[None] = None

    text: str
    """The question, after cleaning."""
    document: Document
    grade: float
    """How well it answers, above 0."""
    negatives: tuple[Document, ...] = ()
    """Documents that do not answer it: given, judged as such, or mined."""
    relevant: Mapping[int, float]
    """Number -> grade, of every document that answers the question."""
