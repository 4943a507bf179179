"""Binary cross-entropy for any number of labels a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..data.example import LabelledText
from ..data.render import encode_labelled
from ..data.row import Batch, Row, Tools
from ..models.linear import fit_linear
from .rows import RowObjective

__all__ = ["BinaryCrossEntropy"]


class BinaryCrossEntropy(RowObjective):
    """Binary cross-entropy: each label is a yes-or-no question of its own.

    For a row with targets t in [0, 1] and scores z the loss is
    ``w · -Σ_c [t_c log σ(z_c) + (1 - t_c) log(1 - σ(z_c))] / C``, w the row's weight.
    """

    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"
    takes: ClassVar[type[LabelledText]] = LabelledText

    def encode(self, example: LabelledText, tools: Tools) -> Row:
        return encode_labelled(example, tools)

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        assert batch.targets is not None
        scores = model(**batch.inputs)
        losses = binary_cross_entropy_with_logits(scores, batch.targets.to(scores), reduction="none").mean(-1)
        return {"rows": (losses * batch.weights.to(scores)).sum()}

    def solve(
        self, features: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any], c: float, tools: Tools
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return fit_linear(features, targets, weights, c=c, multi_label=True)
