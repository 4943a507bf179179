"""Cross-entropy for one label a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn.functional import log_softmax

from ..data.example import LabelledText
from ..data.render import encode_labelled
from ..data.row import Batch, Row, Tools
from ..models.linear import fit_linear
from .rows import RowObjective

__all__ = ["CrossEntropy"]


class CrossEntropy(RowObjective):
    """Cross-entropy: one label a text, plain or soft.

    For a row with target distribution t and scores z, the loss is ``w · -Σ_c t'_c log softmax(z)_c`` with
    t' = (1 - s)·t + s/C (label smoothing s, Szegedy et al. 2016) and w the row's weight times Σ_c t_c·v_c,
    v the class weights. The sum of all w is the weight that the loop divides by, as in
    ``torch.nn.CrossEntropyLoss(weight=v)`` for plain labels.
    """

    kind: Literal["cross_entropy"] = "cross_entropy"
    takes: ClassVar[type[LabelledText]] = LabelledText
    label_smoothing: float = Field(0.0, ge=0.0, lt=1.0)
    """Share of each label's probability that is spread evenly over all classes, 0 to under 1."""
    class_weights: Literal["none", "balanced"] | dict[str, float] = "none"
    """How much each class counts: all the same (none), the rarer the more (balanced), or a number for each
    label."""

    def encode(self, example: LabelledText, tools: Tools) -> Row:
        return encode_labelled(example, tools)

    def _row_weights(self, batch: Batch, tools: Tools) -> Tensor:
        assert batch.targets is not None
        if self.class_weights == "none":
            return batch.weights
        if isinstance(self.class_weights, dict):
            values = [self.class_weights.get(label, 1.0) for label in tools.labels]
        else:
            # Each class as a whole counts the same, as scikit-learn's "balanced": n / (C · n_c).
            total = sum(tools.class_counts)
            values = [total / (len(tools.labels) * count) if count else 0.0 for count in tools.class_counts]
        return batch.weights * (batch.targets @ torch.tensor(values, dtype=batch.targets.dtype))

    def weigh(self, batch: Batch, tools: Tools) -> dict[str, float]:
        return {"rows": float(self._row_weights(batch, tools).double().sum())}

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        assert batch.targets is not None
        scores = model(**batch.inputs)
        smoothed = batch.targets * (1 - self.label_smoothing) + self.label_smoothing / len(tools.labels)
        losses = -(smoothed.to(scores) * log_softmax(scores, -1)).sum(-1)
        return {"rows": (losses * self._row_weights(batch, tools).to(scores)).sum()}

    def solve(
        self, features: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any], c: float, tools: Tools
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return fit_linear(features, targets, weights, c=c, multi_label=False)
