"""The pretrained model as it is, for numbers."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from .base import Baseline, Context, Outcome
from .ridge import ridge

__all__ = ["FeaturesRidge"]


class FeaturesRidge(Baseline):
    """Features for numbers: the output of the pretrained model, left as it is, and a ridge regression."""

    kind: Literal["features_ridge"] = "features_ridge"
    measured_by: ClassVar[str] = "numbers"
    method: ClassVar[str | None] = "features"
    c: tuple[float, ...] = Field((0.001, 0.01, 0.1, 1.0), min_length=1)
    """Inverse strengths of regularisation that are tried; the dev split chooses."""

    def applies(self, context: Context) -> bool:
        return context.loaded is not None

    def fit_predict(self, context: Context) -> Outcome:
        features, seconds = context.features()
        vectors = {split: rows.astype(np.float64) for split, rows in features.items()}
        trunk = sum(each.numel() * each.element_size() for each in context.loaded.trunk.parameters())
        return ridge(context, vectors, lambda example: context.vector(example)[None], self.c, seconds, trunk)
