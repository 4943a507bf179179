"""Re-ranking: a question and a document are read together, to put in order what a search found."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from ..data.load import Dataset
from ..data.row import Tools
from ..models.load import Loaded
from ..models.network import PooledNetwork
from .search import SearchTask

__all__ = ["Rank"]


class Rank(SearchTask):
    """Order of what a search found: how well each document answers the question, both read together."""

    kind: Literal["rank"] = "rank"
    by_loss: ClassVar[bool] = True
    mined: int = Field(2, ge=1)
    """How many documents that share words with a question, and are not known to answer it, are learnt as
    wrong answers with each right one."""
    top: int = Field(50, ge=2)
    """How many documents, of those that a search by words finds, are put in order."""

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        greatest = max(match.grade for match in dataset.splits.train)
        return Tools(loaded.tokenizer, (), loaded.max_length, greatest_grade=greatest)

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> PooledNetwork:
        return PooledNetwork(loaded.trunk, loaded.pooling, loaded.width, 1, dropout)

    def objective(self, tools: Tools) -> str:
        return "relevance"

    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[Any]:
        """(N, 1): how well documents answer, 0 to 1."""
        chances: NDArray[Any] = scores.double().sigmoid().numpy()
        return chances
