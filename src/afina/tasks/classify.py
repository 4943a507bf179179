"""Classification of texts: one label a text, or any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.example import LabelledText
from ..data.load import Data, Dataset, load
from ..data.row import Tools
from ..data.targets import truth_of
from ..data.weak.load import load_weak
from ..models.load import Loaded
from ..models.network import PooledNetwork
from .base import Task

__all__ = ["Classify"]


class Classify(Task):
    """Texts into classes: one label each, or several."""

    kind: Literal["classify"] = "classify"
    takes: ClassVar[type[LabelledText]] = LabelledText
    labels: ClassVar[bool] = True
    measured_by: ClassVar[str] = "labels"
    primary_metric: ClassVar[str] = "macro_f1"
    baselines: ClassVar[tuple[str, ...]] = ("majority", "lexicon", "tfidf", "features", "nearest")

    def read(self, data: Data, seed: int) -> Dataset:
        return load_weak(data, seed) if data.weak.functions else load(data, seed)

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        train = dataset.splits.train
        weights = np.array([example.weight for example in train])
        counts = (truth_of(train, dataset.labels) * weights[:, None]).sum(0)
        return Tools(
            loaded.tokenizer, dataset.labels, loaded.max_length, dataset.multi_label, tuple(counts.tolist())
        )

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> PooledNetwork:
        return PooledNetwork(loaded.trunk, loaded.pooling, loaded.width, len(tools.labels), dropout)

    def objective(self, tools: Tools) -> str:
        return "binary_cross_entropy" if tools.multi_label else "cross_entropy"

    def metrics(self, tools: Tools) -> tuple[str, ...]:
        if tools.multi_label:
            return ("macro_f1", "micro_f1", "exact_match")
        return ("macro_f1", "accuracy", "calibration_error", "log_loss")

    def truth(self, examples: Sequence[LabelledText], tools: Tools) -> NDArray[np.float64]:
        return truth_of(examples, tools.labels)

    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[np.float64]:
        double = scores.double()
        chances = double.sigmoid() if tools.multi_label else double.softmax(-1)
        result: NDArray[np.float64] = chances.numpy()
        return result

    def expected(self, example: LabelledText) -> str | dict[str, float] | None:
        target = dict(example.target or {})
        return example.label if len(target) < 2 else target

    def answers(self, probabilities: NDArray[np.float64], tools: Tools) -> list[dict[str, Any]]:
        """Probabilities (N, C) as what a person is told, one object a row."""
        if tools.multi_label:
            return [self._several(row, tools) for row in probabilities]
        best = probabilities.argmax(1)
        return [
            {
                "label": tools.labels[number],
                "probability": float(row[number]),
                "probabilities": dict(zip(tools.labels, map(float, row), strict=True)),
            }
            for number, row in zip(best, probabilities, strict=True)
        ]

    @staticmethod
    def _several(row: NDArray[np.float64], tools: Tools) -> dict[str, Any]:
        chosen = [number for number in np.argsort(-row) if row[number] >= 0.5]
        return {
            "label": "|".join(tools.labels[number] for number in chosen),
            "probability": float(row[chosen].min()) if chosen else float(1 - row.max()),
            "labels": [tools.labels[number] for number in chosen],
            "probabilities": dict(zip(tools.labels, map(float, row), strict=True)),
        }
