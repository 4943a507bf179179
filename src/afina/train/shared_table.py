"""Word embeddings that are the head over the vocabulary too: their gradient as embeddings, kept small.

The gradient that comes through the head fills the whole table (0.7 GB for Gemma 3 270M). That of looking
words up is zero but for the tokens of the batch. Left to autograd it would be a second table, and the sum of
both a third; here it is sparse, and is added to the first table where that stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..models.network import Network

__all__ = ["shared_table"]


@contextmanager
def shared_table(network: Network) -> Iterator[None]:
    """Inside, looking words up adds to the gradient in place where the table is also the head."""
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
    weight = table.weight
    # The same memory as another leaf: autograd adds what comes to one leaf before it hands it over.
    looked_up = nn.Parameter(weight.detach())

    def begin(_module: nn.Module, _given: Any) -> None:
        table.weight = looked_up

    def end(_module: nn.Module, _given: Any, _said: Any) -> None:
        table.weight = weight

    def add(leaf: Tensor) -> None:
        if weight.grad is None:
            weight.grad = torch.zeros_like(weight)
        assert leaf.grad is not None
        weight.grad.add_(leaf.grad)
        leaf.grad = None

    table.sparse = True
    try:
        with (
            table.register_forward_pre_hook(begin),
            table.register_forward_hook(end, always_call=True),
            looked_up.register_post_accumulate_grad_hook(add),  # type: ignore[no-untyped-call]
        ):
            yield
    finally:
        table.sparse = False
