"""Cross-entropy of the next token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ..data.batch import collate_texts
from ..data.chat import Learn, encode_conversation, encode_plain
from ..data.conversation import Conversation, Passage, PlainText
from ..data.row import Batch, Row, Tools
from ..models.network import Network
from .base import Objective

__all__ = ["NextToken"]


class NextToken(Objective):
    """Next token: a language model learns to go on as its examples do.

    For tokens x_1 … x_T with counts c_2 … c_T and a row's weight w, the loss is
    ``Σ_t w·c_t · -log p(x_t | x_1 … x_{t-1})``, divided by the sum of all w·c_t over the whole optimizer
    step: a token counts the same in whatever micro-batch it stands.
    """

    kind: Literal["next_token"] = "next_token"
    takes: ClassVar[type[Passage]] = Passage
    learn: Learn = "answers"
    """Which tokens of a conversation are learnt: those of all the assistant's turns (answers), of the last
    one (last), or all. Plain texts are learnt as a whole."""

    def encode(self, example: Conversation | PlainText, tools: Tools) -> Row:
        if isinstance(example, PlainText):
            return encode_plain(example, tools)
        return encode_conversation(example, tools, self.learn)

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        batch = collate_texts(rows, tools, numbers)
        labelled = [
            (owner, place - 1, row.ids[place], count * row.weight)
            for owner, row in enumerate(rows)
            for place, count in enumerate(row.counts)
            if count > 0
        ]
        owners, places, targets, counts = zip(*labelled, strict=True) if labelled else ((), (), (), ())
        tokens = {
            "owners": torch.tensor(owners, dtype=torch.int64),
            "places": torch.tensor(places, dtype=torch.int64),
            "targets": torch.tensor(targets, dtype=torch.int64),
            "counts": torch.tensor(counts, dtype=torch.float32),
        }
        return Batch(batch.inputs | tokens, tokens["targets"], batch.weights, batch.rows)

    def weigh(self, batch: Batch, tools: Tools) -> dict[str, float]:
        return {"tokens": float(batch.inputs["counts"].double().sum())}

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        return {"tokens": model(**batch.inputs).sum()}

    def width(self, network: Network, tools: Tools) -> int:
        return 2

    def outcome(self, said: Tensor, batch: Batch) -> Tensor:
        """(B, 2): each row's sum of losses, and of what its tokens count."""
        both = torch.stack([said, batch.inputs["counts"].to(said)], dim=-1)
        sums = both.new_zeros(len(batch.weights), 2)
        return sums.index_add_(0, batch.inputs["owners"], both)
