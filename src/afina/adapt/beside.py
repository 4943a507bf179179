"""What learns beside a network and cannot be added into it: what the methods that do so share.

The tensors stand in ``network.beside``, apart from the trunk, whose own are left as they came: so the trunk
is saved as any other, and a loaded one is made the same by applying the method again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..models.network import Network
from .base import Adapted

__all__ = ["Beside", "Module", "tried"]


class Module(nn.Module):
    """What stands beside; ``active`` says whether it takes part."""

    active = True


class Beside(Adapted):
    """A frozen trunk, what learns beside it, and the head.

    Args:
        frozen_blocks: how many bottom blocks it leaves as they were; -1 for none.
    """

    def __init__(
        self, network: Network, beside: Module, head_factor: float, *, frozen_blocks: int = -1
    ) -> None:
        network.freeze()
        network.beside = beside
        beside.requires_grad_(True)
        scales = {f"head.{name}": head_factor for name, _p in network.head.named_parameters()}
        super().__init__(network, frozen_blocks=frozen_blocks, scales=scales)

    @property
    def trunk_frozen(self) -> bool:
        """No: its weights are, but what it says of a row changes."""
        return False

    @contextmanager
    def off(self) -> Iterator[None]:
        beside = self.network.beside
        assert isinstance(beside, Module)
        beside.active = False
        try:
            yield
        finally:
            beside.active = True


def tried(network: Network, beside: Module) -> bool:
    """Whether every tensor that stands beside takes part in what the trunk says of two tokens.

    Never with an encoder-decoder: what stands before one text is not before the other.
    """
    if network.anatomy.lower < len(network.anatomy.blocks):
        return False
    device = next(network.trunk.parameters()).device
    ids = torch.ones(1, 2, dtype=torch.int64, device=device)
    training = network.trunk.training
    network.trunk.eval()
    inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    try:
        with torch.enable_grad():
            said: Tensor = network.trunk(**inputs).last_hidden_state
            # Of one number a token: a layer norm at the end keeps the sum of all at 0.
            found = torch.autograd.grad(said[..., 0].sum(), list(beside.parameters()), allow_unused=True)
    except (RuntimeError, ValueError, TypeError, AttributeError):
        return False
    finally:
        network.trunk.train(training)
    return all(gradient is not None for gradient in found)
