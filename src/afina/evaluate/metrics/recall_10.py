"""Recall among the first 10."""

from __future__ import annotations

from typing import ClassVar, Literal

from .of_rankings import RecallAt

__all__ = ["Recall10"]


class Recall10(RecallAt):
    """Recall@10: the share of the documents that answer a question which are among the first 10 found."""

    kind: Literal["recall_10"] = "recall_10"
    depth: ClassVar[int] = 10
