"""A linear layer with LoRA as one step of autograd."""

from __future__ import annotations

from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

__all__ = ["LoraLinear"]


class LoraLinear(Linear):
    """peft's layer, computed with fewer passes over its outputs.

    peft computes ``W x + b``, then ``B A x``, multiplies that and adds it: three tensors of the output's size
    beside the output, and as many passes in the backward pass. Here the small product is added into the
    output where it lies, forward and backward. For layers without dropout and DoRA; merged and switched off
    they go peft's way.
    """

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        layer = self.get_base_layer()
        if args or kwargs or self.disable_adapters or self.merged:
            theirs: Tensor = super().forward(x, *args, **kwargs)
            return theirs
        (name,) = self.active_adapters
        a, b = self.lora_A[name].weight, self.lora_B[name].weight
        scale = self.scaling[name]
        own: Tensor = _LoraLinear.apply(x, layer.weight, layer.bias, a, b, scale)  # type: ignore[no-untyped-call]
        return own


class _LoraLinear(torch.autograd.Function):
    """``y = x Wᵀ + b + s·(x Aᵀ) Bᵀ``, of which x, A and B learn.

    x: (…, I); W: (O, I); b: (O,) or None; A: (r, I); B: (O, r); y: (…, O). Products are written so that none
    has a result or a factor with rows of only r numbers: with those, matrix libraries take twice to three
    times as long.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        low = rows @ a.T
        out = linear(rows, weight, bias).addmm_(low, b.T, alpha=scale)
        ctx.save_for_backward(rows, weight, a, b, low)
        ctx.scale, ctx.shape = scale, x.shape
        return out.view(*x.shape[:-1], len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        rows, weight, a, b, low = ctx.saved_tensors
        out = gradient.reshape(-1, gradient.shape[-1])
        d_low = (out @ b.T.contiguous().T).mul_(ctx.scale)
        d_x = (out @ weight).addmm_(d_low, a).view(ctx.shape) if ctx.needs_input_grad[0] else None
        d_b = (low.T @ out).mul_(ctx.scale).T.contiguous()
        return d_x, None, None, d_low.T @ rows, d_b, None
