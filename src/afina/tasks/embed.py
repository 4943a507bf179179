"""Search by vectors: questions and the documents that answer them lie near to each other."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from ..data.load import Dataset
from ..data.row import Tools
from ..models.load import Loaded
from ..models.network import VectorNetwork
from .search import SearchTask

__all__ = ["Embed"]


class Embed(SearchTask):
    """Vectors of texts for a search: questions lie near to the documents that answer them."""

    kind: Literal["embed"] = "embed"
    by_loss: ClassVar[bool] = True
    mined: int = Field(0, ge=0)
    """How many documents that share words with a question, and are not known to answer it, are learnt as
    wrong answers with each right one. 0: only the documents of other questions."""
    query_prefix: str | None = None
    """What is put before each question, such as 'query: '. If it is not given, it is what the model
    expects."""
    document_prefix: str | None = None
    """What is put before each document, such as 'passage: '. If it is not given, it is what the model
    expects."""

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        query, document = loaded.prompts
        return Tools(
            loaded.tokenizer, (), loaded.max_length,
            query_prefix=query if self.query_prefix is None else self.query_prefix,
            document_prefix=document if self.document_prefix is None else self.document_prefix,
        )  # fmt: skip

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> VectorNetwork:
        return VectorNetwork(loaded.trunk, loaded.pooling, loaded.width)

    def objective(self, tools: Tools) -> str:
        return "info_nce"

    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[Any]:
        """(N, H): vectors of length 1."""
        vectors: NDArray[Any] = normalize(scores, dim=-1).numpy()
        return vectors
