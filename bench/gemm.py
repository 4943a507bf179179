"""How fast this machine multiplies matrices of the sizes that a BERT-like encoder trains with."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from afina.models.network import Network

__all__ = ["rate", "training_flops"]

#: (in, out) of the linear layers of one block of minilm, and how many there are: query, key, value and output
#: of the attention; up and down of the feed-forward network.
_LAYERS = (((384, 384), 4), ((384, 1536), 1), ((1536, 384), 1))
_RUNS = 40


def rate(tokens: int) -> float:
    """Operations a second over one block's products, forward and backward, each at its best of 40 runs.

    The three products of a layer are Y = X W', dX = dY W and dW = dY' X, with ``tokens`` rows in X and dY.
    They are written into memory that is already there.
    """
    flops = seconds = 0.0
    for (inside, outside), count in _LAYERS:
        x, dy, w = torch.rand(tokens, inside), torch.rand(tokens, outside), torch.rand(outside, inside)
        for left, right in ((x, w.t()), (dy, w), (dy.t(), x)):
            out = left @ right
            best = float("inf")
            for _run in range(_RUNS):
                began = time.perf_counter()
                torch.mm(left, right, out=out)
                best = min(best, time.perf_counter() - began)
            flops += count * 2.0 * tokens * inside * outside
            seconds += count * best
    return flops / seconds


def training_flops(network: Network, lengths: Sequence[int]) -> float:
    """Operations that training the whole trunk on rows of these lengths takes, once each.

    Forward, a token costs 2 for each weight of a linear layer in a block, and 4 s H in each block's attention
    over a row of s tokens; backward is twice that. Only real tokens count: padding is no work done.
    """
    blocks = network.anatomy.blocks
    linear = [m for block in blocks for m in block.modules() if isinstance(m, torch.nn.Linear)]
    weights = sum(module.weight.numel() for module in linear)
    width = network.head.in_features
    return 3.0 * sum(2 * weights * s + 4 * s * s * width * len(blocks) for s in lengths)
