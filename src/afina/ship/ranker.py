"""A model that puts in order what a search found, at work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data.render import encode_pairs
from ..data.row import Row
from ..data.search import NOTHING, Bm25, best
from ..errors import DataError
from ..language import _
from ..tasks.rank import Rank
from .pooled_model import PooledModel
from .searcher import Searcher

__all__ = ["Ranker"]


@dataclass(frozen=True)
class Ranker(PooledModel, Searcher):
    """Gives pairs of a question and a document a ``score`` from 0 to 1: how well it answers."""

    task: Rank

    columns: ClassVar[tuple[str, ...]] = ("score",)

    def answers(self, outputs: NDArray[Any]) -> Iterable[dict[str, Any]]:
        return ({"score": score} for score in outputs[:, 0].tolist())

    def rows(self, texts: Sequence[Any]) -> list[Row]:
        """The pairs as rows. Raises DataError for single texts."""
        if any(isinstance(pair, str) for pair in texts):
            raise DataError(
                _("this model scores pairs of a question and a document, not single texts."),
                fix=_("Use 'afina search', or give pairs in Python."),
            )
        pairs = [(self.clean.apply(asked)[0], self.clean.apply(text)[0]) for asked, text in texts]
        return list(encode_pairs(pairs, self.tools))

    def evidence(self, texts: Sequence[str], rows: Sequence[Row]) -> NDArray[Any]:
        return self.of_rows(rows)

    def search(
        self, questions: Sequence[str], documents: Sequence[str], count: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Puts in order what BM25 finds first; where it finds less, NOTHING stands, of score 0.

        Beyond ``task.top`` documents the order is that of BM25, and their score is 0.
        """
        found = Bm25(documents).search(questions, max(count, self.task.top))
        scores = np.zeros(found.shape)
        for row, chances, question in zip(found, scores, questions, strict=True):
            top = row[: self.task.top]
            top = top[top != NOTHING]
            if len(top):
                answered = self.outputs([(question, documents[number]) for number in top.tolist()])[:, 0]
                order = best(answered, len(top))
                row[: len(top)], chances[: len(top)] = top[order], answered[order]
        return found[:, :count], scores[:, :count]
