"""Recall among the first 100."""

from __future__ import annotations

from typing import ClassVar, Literal

from .of_rankings import RecallAt

__all__ = ["Recall100"]


class Recall100(RecallAt):
    """Recall@100: the share of the documents that answer a question which are among the first 100 found."""

    kind: Literal["recall_100"] = "recall_100"
    depth: ClassVar[int] = 100
