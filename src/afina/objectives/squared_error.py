"""Squared error, for numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.example import RatedText
from ..data.render import encode_rated
from ..data.row import Batch, Row, Tools
from ..models.linear import fit_ridge
from ..models.network import Network
from .rows import RowObjective

__all__ = ["SquaredError"]


class SquaredError(RowObjective):
    """Squared error: a number for each text, and far misses count most.

    For a row with the standardised number t, the score z and the weight w the loss is ``w · (z - t)²``. The
    sum of all w is the weight that the loop divides by.
    """

    kind: Literal["squared_error"] = "squared_error"
    takes: ClassVar[type[RatedText]] = RatedText

    def encode(self, example: RatedText, tools: Tools) -> Row:
        return encode_rated(example, tools)

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        assert batch.targets is not None
        scores = model(**batch.inputs)
        losses = (scores - batch.targets.to(scores)).square().sum(-1)
        return {"rows": (losses * batch.weights.to(scores)).sum()}

    def width(self, network: Network, tools: Tools) -> int:
        return 1

    def solve(
        self, features: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any], c: float, tools: Tools
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return fit_ridge(features, targets, weights, c=c)
