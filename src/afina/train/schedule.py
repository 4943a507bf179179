"""How the learning rate moves over a run."""

from __future__ import annotations

import math
from typing import Literal

__all__ = ["Shape", "factor"]

Shape = Literal["linear", "cosine", "constant"]


def factor(step: int, steps: int, warmup: float, shape: Shape) -> float:
    """The share of the peak learning rate used by optimizer step ``step``, counted from 0.

    Rises evenly during the first ``warmup`` share of ``steps``, then falls to 0 on a line or half a cosine
    (Loshchilov & Hutter 2017), or stays.
    """
    rising = math.ceil(warmup * steps)
    if step < rising:
        return (step + 1) / rising
    if shape == "constant":
        return 1.0
    done = (step - rising) / max(1, steps - rising)
    return 1.0 - done if shape == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))
