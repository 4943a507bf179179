"""Word embeddings of which only the rows that can learn are trained.

A token that no training row holds gets no gradient, ever. Its row would cost a gradient, two moments and a
pass of the optimizer at every step, and receive nothing but weight decay. Most of a vocabulary is like that:
of the 30,522 tokens of a BERT, a few thousand labelled sentences use some five thousand; of the 250,002 of a
multilingual model they use even less. While the loop runs, the table is therefore a small one that holds the
tokens in use; the other rows stay exactly as they were pretrained, and can still be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..data.row import Row
from ..models.network import Network

__all__ = ["used_tokens"]


@contextmanager
def used_tokens(network: Network, rows: Iterable[Row]) -> Iterator[None]:
    """Inside, the word embeddings that learn are those of the tokens in ``rows``; their name stays.

    Nothing changes where the embeddings are frozen, shared with another layer or not a plain table.
    """
    found = _table(network)
    if found is None:
        yield
        return
    path, table = found
    used = torch.zeros(table.num_embeddings, dtype=torch.bool)
    if table.padding_idx is not None:
        used[table.padding_idx] = True
    for row in rows:
        used[list(row.read)] = True
    narrow = _UsedTokens(table, used.nonzero().squeeze(1).to(table.weight.device))
    network.set_submodule(path, narrow)
    try:
        yield
    finally:
        narrow.put_back()
        network.set_submodule(path, table)


def _table(network: Network) -> tuple[str, nn.Embedding] | None:
    """Path of the word embeddings, if they are a plain table that learns and that nothing else uses."""
    get = getattr(network.trunk, "get_input_embeddings", None)
    table = get() if get is not None else None
    if type(table) is not nn.Embedding or not table.weight.requires_grad or table.max_norm is not None:
        return None
    owners = [name for name, p in network.named_parameters(remove_duplicate=False) if p is table.weight]
    return (owners[0].removesuffix(".weight"), table) if len(owners) == 1 else None


class _UsedTokens(nn.Module):
    """Looks up tokens like the table it stands for."""

    place: Tensor

    def __init__(self, table: nn.Embedding, used: Tensor) -> None:
        super().__init__()
        self.table = table.requires_grad_(False)
        self.used = used
        self.weight = nn.Parameter(table.weight.detach()[used].clone())
        place = torch.full((table.num_embeddings,), -1, device=used.device)
        place[used] = torch.arange(len(used), device=used.device)
        self.register_buffer("place", place, persistent=False)
        # The row of the padding token does not learn, as in the whole table.
        self.padding = None if table.padding_idx is None else int(place[table.padding_idx])

    def forward(self, ids: Tensor) -> Tensor:
        """(…) int64 -> (…, H)."""
        place = self.place[ids]
        outside = place < 0
        learnt = functional.embedding(place.clamp_min(0), self.weight, self.padding)
        # A training row holds tokens in use only; a dev row may hold any.
        return torch.where(outside.unsqueeze(-1), self.table(ids), learnt) if outside.any() else learnt

    def put_back(self) -> None:
        """Writes what was learnt into the table."""
        self.table.requires_grad_(True)
        with torch.no_grad():
            self.table.weight[self.used] = self.weight
