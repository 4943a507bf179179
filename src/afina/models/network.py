"""The network that is trained: a pretrained trunk and a head on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from .anatomy import Anatomy, dissect
from .prefix import Prefix

__all__ = ["Network", "PooledNetwork", "Pooling", "VectorNetwork", "WordNetwork", "pool"]

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
    """A pretrained trunk, and a linear head on what it says of tokens or of whole rows.

    Args:
        trunk: a transformers model that returns ``last_hidden_state`` (B, T, H).
        head: reads vectors of width H; an ``nn.Identity`` where nothing does.
    """

    new_head: ClassVar[bool]
    """Whether the head starts from nothing."""
    pools: ClassVar[bool] = False
    """Whether the head reads one vector a row."""
    options: ClassVar[dict[str, Any]] = {}
    """Further arguments of the trunk."""
    trunk_path: str = ""
    """What stands before the path of a tensor of the trunk in the model that others load."""

    def __init__(self, trunk: nn.Module, head: nn.Linear | nn.Identity) -> None:
        super().__init__()
        self.trunk = trunk
        self.head: Any = head
        #: What may be left out of the trunk where its output, the ``state`` of a row, is known.
        self.prefix: Prefix | None = None
        #: What a method has put beside the trunk; the trunk's own tensors are left as they were.
        self.beside: nn.Module | None = None

    def freeze(self) -> None:
        """Nothing learns any more but a head that starts from nothing, which has to whatever the method."""
        self.requires_grad_(False)
        self.head.requires_grad_(self.new_head)

    @property
    def width(self) -> int:
        """Size of the vectors that the head reads."""
        return int(self.head.in_features)

    @property
    def anatomy(self) -> Anatomy:
        """The trunk as embed -> blocks -> head."""
        return dissect(self.trunk)

    def hidden(self, *, state: Tensor | None = None, **inputs: Any) -> Tensor:
        """(B, T, H): what the trunk says of each token.

        ``state`` (B, T, H) is what leaves the frozen blocks of :attr:`prefix`, where it is known.
        """
        if state is None:
            hidden: Tensor = self.trunk(**inputs, **self.options).last_hidden_state
            return hidden
        assert self.prefix is not None
        with self.prefix.known(state):
            entered: Tensor = self.trunk(**inputs, **self.options).last_hidden_state
            return entered


class VectorNetwork(Network):
    """trunk -> pooling: one vector a text, and nothing that reads it.

    Args:
        trunk: a transformers model that returns ``last_hidden_state`` (B, T, H).
        pooling: how rows become vectors.
        width: H.
        head: what reads the vectors; None for nothing.
    """

    new_head: ClassVar[bool] = True

    def __init__(self, trunk: nn.Module, pooling: Pooling, width: int, head: nn.Linear | None = None) -> None:
        super().__init__(trunk, nn.Identity() if head is None else head)
        self.pooling: Pooling = pooling
        self._width = width
        #: How many numbers :meth:`forward` gives a row.
        self.outputs = width if head is None else head.out_features

    @property
    def width(self) -> int:
        return self._width

    def pooled(self, **inputs: Any) -> Tensor:
        """(B, H): a vector a text. Takes what :meth:`hidden` takes."""
        return pool(self.hidden(**inputs), inputs["attention_mask"], self.pooling)

    def forward(self, **inputs: Any) -> Tensor:
        """(B, H): what :meth:`pooled` gives. Texts are padded on the right.

        Short texts, such as questions, are computed apart from long ones, so that hardly any padding is.
        """
        lengths = inputs["attention_mask"].sum(-1)
        groups = _alike(lengths.tolist())
        vectors = [
            self.pooled(**{name: value[group, : lengths[group].amax()] for name, value in inputs.items()})
            for group in groups
        ]
        order = torch.tensor([number for group in groups for number in group], device=lengths.device)
        return torch.cat(vectors)[order.argsort()]


def _alike(lengths: Sequence[int]) -> list[list[int]]:
    """Numbers of texts in groups in which none is less than half as long as another, the longest first."""
    groups: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        if groups and 2 * lengths[number] >= lengths[groups[-1][0]]:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


class PooledNetwork(VectorNetwork):
    """trunk -> pooling -> dropout -> a new linear head.

    Args:
        trunk: a transformers model that returns ``last_hidden_state`` (B, T, H).
        pooling: how rows become vectors.
        width: H.
        outputs: size of the head.
        dropout: before the head, in training only.
    """

    pools: ClassVar[bool] = True

    def __init__(self, trunk: nn.Module, pooling: Pooling, width: int, outputs: int, dropout: float) -> None:
        super().__init__(trunk, pooling, width, _new_head(width, outputs))
        self.dropout = nn.Dropout(dropout)

    def forward(self, *, features: Tensor | None = None, vectors: bool = False, **inputs: Any) -> Tensor:
        """(B, outputs) scores, from token ids or from ``features`` (B, H) that :meth:`pooled` gave before.

        With ``vectors``, what :meth:`pooled` gives itself.
        """
        pooled = self.pooled(**inputs) if features is None else features
        scores: Tensor = pooled if vectors else self.head(self.dropout(pooled))
        return scores


class WordNetwork(Network):
    """trunk -> first piece of each word -> dropout -> a new linear head.

    Args:
        trunk: a transformers model that returns ``last_hidden_state`` (B, T, H).
        width: H.
        outputs: size of the head.
        dropout: before the head, in training only.
    """

    new_head: ClassVar[bool] = True

    def __init__(self, trunk: nn.Module, width: int, outputs: int, dropout: float) -> None:
        super().__init__(trunk, _new_head(width, outputs))
        self.dropout = nn.Dropout(dropout)

    def forward(self, *, owners: Tensor, places: Tensor, **inputs: Any) -> Tensor:
        """(M, outputs) scores of the words.

        Args:
            owners: (M,) int64, the row of each word.
            places: (M,) int64, the place of its first piece in that row.
        """
        scores: Tensor = self.head(self.dropout(self.hidden(**inputs)[owners, places]))
        return scores


def _new_head(width: int, outputs: int) -> nn.Linear:
    head = nn.Linear(width, outputs)
    nn.init.normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    return head
