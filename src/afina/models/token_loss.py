"""Cross-entropy over a vocabulary, without ever holding the scores of all tokens at once.

The scores of a language model are by far its largest tensor: 4,096 tokens over 262,144 words are 4.3 GB in
float32, and the usual way keeps three such copies. Here tokens are taken in chunks. While a chunk's scores
exist, its loss and its gradient are computed, in the forward pass: nothing of them is kept, and nothing is
computed again in the backward pass.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["CHUNK", "token_losses"]

#: Tokens whose scores exist at once. Fewer would read the weights more often than the products hide.
CHUNK = 256


def token_losses(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    counts: Tensor,
    *,
    bias: Tensor | None = None,
    softcap: float | None = None,
    chunk: int = CHUNK,
) -> Tensor:
    """Weighted cross-entropy of each token: ``counts_i · -log softmax(z_i)[targets_i]``.

    ``z = W h + b``, and ``softcap · tanh(z / softcap)`` in its place where there is a cap (Gemma 2).

    The gradient is computed in the forward pass (as in Liger Kernel, Hsu et al. 2024), for the *sum* of what
    is returned: a backward pass may scale that sum, and may not weigh the tokens anew, which is what
    ``counts`` is for.

    Args:
        hidden: (M, H) what the head reads, of the labelled tokens only.
        weight: (V, H) of the head.
        targets: (M,) int64, the token that is right.
        counts: (M,) how much each token counts, at least 0.
        bias: (V,) of the head.
        softcap: greatest size of a score, more than 0.
        chunk: tokens whose scores exist at once.

    Returns:
        (M,) of the type of ``hidden``, float32 at least.

    Raises:
        RuntimeError: in the backward pass, when tokens are weighed differently there.
    """
    losses: Tensor = _TokenLosses.apply(hidden, weight, bias, targets, counts, softcap, chunk)  # type: ignore[no-untyped-call]
    return losses


class _TokenLosses(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        counts: Tensor,
        softcap: float | None,
        chunk: int,
    ) -> Tensor:
        to_hidden, to_weight, to_bias = ctx.needs_input_grad[:3]
        learns = to_hidden or to_weight or to_bias
        exact = torch.promote_types(hidden.dtype, torch.float32)
        losses = hidden.new_empty(len(hidden), dtype=exact)
        d_hidden = torch.empty_like(hidden) if to_hidden else None
        # The first chunk writes it: filling it with zeros first would be a pass over all of it for nothing.
        d_weight = None
        if to_weight:
            d_weight = torch.empty_like(weight) if len(hidden) else torch.zeros_like(weight)
        d_bias = torch.zeros_like(bias) if to_bias and bias is not None else None
        buffer = hidden.new_empty(min(chunk, len(hidden)), len(weight))
        for start in range(0, len(hidden), chunk):
            part = slice(start, start + chunk)
            rows = hidden[part]
            scores = torch.mm(rows, weight.T, out=buffer[: len(rows)])
            if bias is not None:
                scores += bias
            slope = None
            if softcap is not None:
                scores.div_(softcap).tanh_()
                slope = 1 - scores * scores if learns else None
                scores.mul_(softcap)
            wide = scores.to(exact)  # the same tensor, unless it is of half precision
            places = torch.arange(len(rows), device=hidden.device)
            right = wide[places, targets[part]]
            greatest = wide.amax(-1, keepdim=True)
            wide.sub_(greatest).exp_()
            total = wide.sum(-1)
            losses[part] = (total.log() + greatest.squeeze(-1) - right) * counts[part].to(exact)
            if not learns:
                continue
            # d loss / d score = count · (softmax - one-hot), in the place of the scores.
            wide.mul_((counts[part].to(exact) / total).unsqueeze(-1))
            wide[places, targets[part]] -= counts[part].to(exact)
            gradient = wide.to(hidden.dtype)
            if slope is not None:
                gradient.mul_(slope)
            if d_hidden is not None:
                torch.mm(gradient, weight, out=d_hidden[part])
            if d_weight is not None:
                d_weight.addmm_(gradient.T, rows, beta=1 if start else 0)
            if d_bias is not None:
                d_bias += gradient.sum(0)
        # Neither inputs nor outputs: held by themselves, they can be scaled where they are and given away.
        ctx.gradients = (d_hidden, d_weight, d_bias)
        return losses

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (upstream,) = gradients
        if upstream.numel() and not torch.equal(upstream, upstream[:1].expand_as(upstream)):
            raise RuntimeError("the losses of tokens can be summed and scaled, not weighed anew: use counts")
        if ctx.gradients is None:
            raise RuntimeError("the gradient of these losses has been taken already")
        found, ctx.gradients = ctx.gradients, None
        for gradient in found:
            if gradient is not None and upstream.numel():
                gradient.mul_(upstream[:1].to(gradient.dtype))
        return (*found, None, None, None, None)
