"""The pretrained model as it is."""

from __future__ import annotations

import time
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ...models.linear import predict_linear
from .base import Baseline, Context, Outcome, Vector
from .regression import choose

__all__ = ["FrozenFeatures"]


class FrozenFeatures(Baseline):
    """Features: the output of the pretrained model, left as it is, and a logistic regression."""

    kind: Literal["features"] = "features"
    method: ClassVar[str | None] = "features"
    c: tuple[float, ...] = Field((0.001, 0.01, 0.1, 1.0), min_length=1)
    """Inverse strengths of regularisation that are tried; the dev split chooses."""

    def applies(self, context: Context) -> bool:
        return context.loaded is not None

    def fit_predict(self, context: Context) -> Outcome:
        features, seconds = context.features()
        start = time.perf_counter()
        vectors = {split: rows.astype(np.float64) for split, rows in features.items()}
        best = choose(context, vectors["train"], vectors["dev"], self.c)

        def answers(rows: Vector) -> Vector:
            return predict_linear(rows, best.weight, best.bias, multi_label=context.multi_label)

        test = answers(vectors["test"])
        trunk = sum(each.numel() * each.element_size() for each in context.loaded.trunk.parameters())
        seconds += time.perf_counter() - start
        return Outcome(
            best.dev, test, seconds, trunk + best.size_bytes,
            lambda example: answers(context.vector(example)[None].astype(np.float64)), {"c": best.c},
        )  # fmt: skip
