"""The network that is trained: a pretrained trunk, a pooling and a linear head."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from .anatomy import Anatomy, dissect
from .prefix import Prefix

__all__ = ["Network", "Pooling", "pool"]

Pooling = Literal["mean", "cls", "last"]


def pool(hidden: Tensor, mask: Tensor, how: Pooling) -> Tensor:
    """One vector a row.

    Args:
        hidden: (B, T, H) outputs of the trunk.
        mask: (B, T), 1 on real tokens and 0 on padding, which may stand on either side.
        how: ``mean`` over the real tokens (sentence encoders, Reimers & Gurevych 2019), ``cls`` the first
            real token (BERT), ``last`` the last real token (decoders).

    Returns:
        (B, H).
    """
    if how == "mean":
        weights = mask.to(hidden.dtype).unsqueeze(-1)
        return (hidden * weights).sum(1) / weights.sum(1).clamp_min(1.0)
    positions = torch.arange(mask.shape[1], device=mask.device)
    if how == "cls":
        index = torch.where(mask.bool(), positions, mask.shape[1]).amin(1).clamp_max(mask.shape[1] - 1)
    else:
        index = torch.where(mask.bool(), positions, -1).amax(1).clamp_min(0)
    return hidden[torch.arange(hidden.shape[0], device=hidden.device), index]


class Network(nn.Module):
    """trunk -> pooling -> dropout -> linear head.

    Args:
        trunk: a transformers model that returns ``last_hidden_state`` (B, T, H).
        pooling: how rows become vectors.
        width: H.
        outputs: size of the head.
        dropout: before the head, in training only.
    """

    def __init__(self, trunk: nn.Module, pooling: Pooling, width: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.trunk = trunk
        self.pooling: Pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)
        #: What may be left out of the trunk where its output, the ``state`` of a row, is known.
        self.prefix: Prefix | None = None
        #: What a method has put beside the trunk; the trunk's own tensors are left as they were.
        self.beside: nn.Module | None = None
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    @property
    def anatomy(self) -> Anatomy:
        """The trunk as embed -> blocks -> head."""
        return dissect(self.trunk)

    def pooled(self, *, state: Tensor | None = None, **inputs: Any) -> Tensor:
        """(B, H): what the head sees, before dropout.

        ``state`` (B, T, H) is what leaves the frozen blocks of :attr:`prefix`, where it is known.
        """
        if state is None:
            hidden = self.trunk(**inputs).last_hidden_state
        else:
            assert self.prefix is not None
            with self.prefix.known(state):
                hidden = self.trunk(**inputs).last_hidden_state
        return pool(hidden, inputs["attention_mask"], self.pooling)

    def forward(self, *, features: Tensor | None = None, vectors: bool = False, **inputs: Any) -> Tensor:
        """(B, outputs) scores, from token ids or from ``features`` (B, H) that :meth:`pooled` gave before.

        With ``vectors``, what :meth:`pooled` gives itself.
        """
        pooled = self.pooled(**inputs) if features is None else features
        scores: Tensor = pooled if vectors else self.head(self.dropout(pooled))
        return scores
