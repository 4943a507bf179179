"""Texts and their summaries."""

from __future__ import annotations

from typing import ClassVar, Literal

from .base import Pair

__all__ = ["Summary"]


class Summary(Pair):
    """Texts and their summaries: such columns, in English or Spanish."""

    kind: Literal["summary"] = "summary"
    asked: ClassVar[frozenset[str]] = frozenset(
        {"document", "article", "text", "dialogue", "documento", "articulo", "texto"}
    )
    answered: ClassVar[frozenset[str]] = frozenset({"summary", "highlights", "tldr", "abstract", "resumen"})
