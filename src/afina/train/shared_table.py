"""Word embeddings that are the head over the vocabulary too: their gradient as embeddings, kept small.

The gradient that comes through the head fills the whole table. That of looking words up is zero but for the
tokens of the batch; as a table of its own it would be as large again (0.7 GB for Gemma 3 270M), only to be
added to the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from ..models.network import Network

__all__ = ["shared_table"]


@contextmanager
def shared_table(network: Network) -> Iterator[None]:
    """Inside, looking words up gives a sparse gradient where the table is also the head; the sum is dense."""
    get = getattr(network.trunk, "get_input_embeddings", None)
    table = get() if get is not None else None
    head = None if network.new_head else network.head
    if (
        not isinstance(table, nn.Embedding)
        or not table.weight.requires_grad
        or getattr(head, "weight", None) is not table.weight
    ):
        yield
        return
    table.sparse = True
    try:
        yield
    finally:
        table.sparse = False
