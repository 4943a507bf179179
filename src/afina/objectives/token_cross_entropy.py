"""Cross-entropy for one tag a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..data.batch import collate_texts
from ..data.example import TaggedText
from ..data.render import encode_tagged
from ..data.row import Batch, Row, Tools
from ..models.network import Network
from .base import Objective

__all__ = ["TokenCrossEntropy"]


class TokenCrossEntropy(Objective):
    """Cross-entropy of words: one tag for each word of a text.

    The loss of a row is ``w · Σ_m -log softmax(z_m)_{t_m}`` over the words m that are read and whose tag t_m
    is known, with the scores z_m of their first pieces and w the row's weight; its weight is w times the
    number of those words.
    """

    kind: Literal["token_cross_entropy"] = "token_cross_entropy"
    takes: ClassVar[type[TaggedText]] = TaggedText

    def encode(self, example: TaggedText, tools: Tools) -> Row:
        return encode_tagged(example, tools)

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        batch = collate_texts([replace(row, target=()) for row in rows], tools, numbers)
        owners = [owner for owner, row in enumerate(rows) for _place in row.places]
        words = {
            "owners": torch.tensor(owners, dtype=torch.int64),
            "places": torch.tensor([place for row in rows for place in row.places], dtype=torch.int64),
        }
        targets = torch.tensor([int(tag) for row in rows for tag in row.target], dtype=torch.int64)
        return Batch(batch.inputs | words, targets, batch.weights, batch.rows)

    def weigh(self, batch: Batch, tools: Tools) -> dict[str, float]:
        return {"words": float(self._weights(batch).double().sum())}

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        assert batch.targets is not None
        scores = model(**batch.inputs)
        losses = cross_entropy(scores, batch.targets.clamp_min(0), reduction="none")
        return {"words": (losses * self._weights(batch).to(scores)).sum()}

    @staticmethod
    def _weights(batch: Batch) -> Tensor:
        """(M,)"""
        assert batch.targets is not None
        return batch.weights[batch.inputs["owners"]] * (batch.targets >= 0)

    def width(self, network: Network, tools: Tools) -> int:
        return tools.max_length

    def outcome(self, said: Tensor, batch: Batch) -> Tensor:
        """(B, W): one more than the number of the most probable tag of each word that is read; then zeros."""
        owners = batch.inputs["owners"]
        counts = torch.bincount(owners, minlength=len(batch.weights))
        starts = counts.cumsum(0) - counts
        kept = said.new_zeros(len(counts), int(counts.max()))
        kept[owners, torch.arange(len(owners), device=owners.device) - starts[owners]] = (
            said.argmax(-1).to(said) + 1
        )
        return kept
