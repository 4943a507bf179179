"""The contract of models that search."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

__all__ = ["Searcher"]


class Searcher(ABC):
    """A model that finds documents."""

    @abstractmethod
    def search(
        self, questions: Sequence[str], documents: Sequence[str], count: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """(N, K) numbers of the documents that answer each question best, and (N, K) their scores.

        K is ``count``, or the number of documents where there are fewer.
        """
