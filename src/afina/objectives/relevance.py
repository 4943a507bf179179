"""Relevance: how well a document answers a question, read together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Literal

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..data.match import Match
from ..data.render import encode_pairs
from ..data.row import Batch, Row, Tools
from ..models.network import Network
from .rows import RowObjective

__all__ = ["Relevance"]


class Relevance(RowObjective):
    """Relevance: whether a document answers a question, of each pair by itself (Nogueira & Cho 2019).

    A match gives a row for its document, of target t = grade / greatest grade, and one for each negative, of
    target 0. For a score z the loss is ``w · -[t log σ(z) + (1 - t) log(1 - σ(z))]``, w the row's weight.
    """

    kind: Literal["relevance"] = "relevance"
    takes: ClassVar[type[Match]] = Match

    def encode(self, example: Match, tools: Tools) -> Row:
        return self.pieces(example, tools)[0]

    def pieces(self, example: Match, tools: Tools) -> list[Row]:
        documents = (example.document, *example.negatives)
        rows = encode_pairs([(example.text, document.text) for document in documents], tools)
        targets = (example.grade / tools.greatest_grade, *(0.0 for _negative in example.negatives))
        return [
            replace(row, target=(target,), weight=example.weight)
            for row, target in zip(rows, targets, strict=True)
        ]

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        assert batch.targets is not None
        scores = model(**batch.inputs)
        losses = binary_cross_entropy_with_logits(scores, batch.targets.to(scores), reduction="none")[:, 0]
        return {"rows": (losses * batch.weights.to(scores)).sum()}

    def width(self, network: Network, tools: Tools) -> int:
        return 1
