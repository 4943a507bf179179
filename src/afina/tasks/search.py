"""What tasks have in common that find documents: how their data are read and measured."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data.load import Data, Dataset
from ..data.match import Match
from ..data.matches import load_matches
from ..data.row import Tools
from .base import Task

__all__ = ["SearchTask"]


class SearchTask(Task, ABC):
    """Base of tasks whose answer to a question is a ranking of documents."""

    takes: ClassVar[type[Match]] = Match
    measured_by: ClassVar[str] = "search"
    from_features: ClassVar[bool] = False
    primary_metric: ClassVar[str] = "ndcg_10"
    baselines: ClassVar[tuple[str, ...]] = ("tfidf_search", "bm25")
    mined: int

    def read(self, data: Data, seed: int) -> Dataset:
        return load_matches(data, seed, self.mined)

    def distinct(self, examples: Sequence[Match]) -> list[int]:
        firsts: dict[str | None, int] = {}
        for number, match in enumerate(examples):
            firsts.setdefault(match.group, number)
        return list(firsts.values())

    def metrics(self, tools: Tools) -> tuple[str, ...]:
        return ("ndcg_10", "mrr_10", "recall_10", "recall_100")

    def truth(self, examples: Sequence[Match], tools: Tools) -> NDArray[Any]:
        """(N,) objects: number of a document -> grade, of those that answer the question of each row."""
        truth = np.empty(len(examples), dtype=object)
        truth[:] = [match.relevant for match in examples]
        return truth
