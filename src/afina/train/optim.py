"""The optimizer, and its state as plain tensors with the names of the parameters."""

from __future__ import annotations

import torch
from torch import Tensor

from ..adapt import Adapted
from .runtime import laid_out

__all__ = ["adamw", "load_state", "state"]


def adamw(adapted: Adapted, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019) in one fused pass over memory; each group keeps its peak rate."""
    groups = adapted.groups(learning_rate, weight_decay)
    for group in groups:
        group["peak"] = group["lr"]
    return torch.optim.AdamW(groups, fused=True)


def state(optimizer: torch.optim.Optimizer, adapted: Adapted) -> dict[str, Tensor]:
    """``<parameter>/<moment>`` -> tensor, for every parameter that has been stepped."""
    return {
        f"{name}/{moment}": value
        for name, parameter in adapted.trainable().items()
        for moment, value in optimizer.state.get(parameter, {}).items()
    }


def load_state(optimizer: torch.optim.Optimizer, adapted: Adapted, tensors: dict[str, Tensor]) -> None:
    """Takes back what :func:`state` gave."""
    parameters = adapted.trainable()
    for key, value in tensors.items():
        name, _, moment = key.rpartition("/")
        parameter = parameters[name]
        # The count of steps is one number, which is never in parts.
        kept = laid_out(value, parameter) if value.shape == parameter.shape else value
        optimizer.state[parameter][moment] = kept
