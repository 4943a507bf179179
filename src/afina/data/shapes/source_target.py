"""Texts and their translations."""

from __future__ import annotations

from typing import ClassVar, Literal

from .base import Pair

__all__ = ["SourceTarget"]


class SourceTarget(Pair):
    """Texts in one language and in another: the columns source and target, or src and tgt."""

    kind: Literal["source_target"] = "source_target"
    asked: ClassVar[frozenset[str]] = frozenset({"source", "src", "origen", "fuente"})
    answered: ClassVar[frozenset[str]] = frozenset({"target", "tgt", "destino", "traduccion", "translation"})
