"""InfoNCE: each question to its document, away from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from ..data.batch import OUTSIDE, collate_matches
from ..data.match import Match
from ..data.render import encode_match
from ..data.row import Batch, Row, Tools
from ..models.network import Network
from .base import Objective

__all__ = ["InfoNce"]


class InfoNce(Objective):
    """InfoNCE: each question comes to lie nearer to its document than to the others of the batch.

    With cosines s_ij of question i and document j, over the documents of the batch and all negatives, the
    loss of a row is ``w_i · -log(exp(s_ii/τ) / Σ_j exp(s_ij/τ))`` (van den Oord et al. 2018; Henderson et al.
    2017 with the documents of other rows as negatives; Karpukhin et al. 2020 with those that a search by
    words found too). A document that is known to answer question i is not among its negatives j.
    """

    kind: Literal["info_nce"] = "info_nce"
    takes: ClassVar[type[Match]] = Match
    divisible: ClassVar[bool] = False
    temperature: float = Field(0.05, gt=0)
    """What similarities are divided by: the smaller, the more the hardest documents count."""

    def encode(self, example: Match, tools: Tools) -> Row:
        return encode_match(example, tools)

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        return collate_matches(rows, tools, numbers)

    def weigh(self, batch: Batch, tools: Tools) -> dict[str, float]:
        return {"rows": float(batch.weights.double().sum())}

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        assert batch.targets is not None
        vectors = normalize(model(**batch.inputs), dim=-1)
        scores = vectors[_questions(batch.targets)] @ vectors.T / self.temperature
        chances = scores.masked_fill(batch.targets == OUTSIDE, -torch.inf).log_softmax(-1)
        losses = -chances[batch.targets == 1.0]
        return {"rows": (losses * batch.weights.to(losses)).sum()}

    def width(self, network: Network, tools: Tools) -> int:
        return int(network.outputs)  # type: ignore[arg-type]

    def outcome(self, said: Tensor, batch: Batch) -> Tensor:
        """(B, H): the vector of each text, of length 1; of a row of several texts that of its question."""
        return normalize(said if batch.targets is None else said[_questions(batch.targets)], dim=-1)


def _questions(targets: Tensor) -> Tensor:
    """(B,): the places of the questions among the texts, each before its document."""
    return targets.argmax(-1) - 1
