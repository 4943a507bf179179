"""What objectives have in common that predict tokens."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable

import torch
from torch import Tensor

from ..data.row import Batch, Tools
from ..models.network import Network
from .base import Objective

__all__ = ["TokenObjective"]


class TokenObjective(Objective, ABC):
    """Base of objectives whose network gives the losses of the tokens that count, each weighted, (M,).

    For a token i of row r with the count c_i and the row's weight w_r, the loss is
    ``Σ_i w_r·c_i · -log p(token i)``, divided by the sum of all w_r·c_i over the whole optimizer step: a
    token counts the same in whatever micro-batch it stands.
    """

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
