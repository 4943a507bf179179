"""Regression: a number for each text, or for each pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.example import RatedText
from ..data.load import Data, Dataset
from ..data.rated import load_rated
from ..data.row import Tools
from ..models.load import Loaded
from ..models.network import PooledNetwork
from .base import Task

__all__ = ["Regress"]


class Regress(Task):
    """Numbers for texts, such as ratings and prices, or for pairs of texts, such as how similar they are."""

    kind: Literal["regress"] = "regress"
    takes: ClassVar[type[RatedText]] = RatedText
    measured_by: ClassVar[str] = "numbers"
    #: The loss is the squared error, which chooses as the primary metric would.
    by_loss: ClassVar[bool] = True
    primary_metric: ClassVar[str] = "rmse"
    baselines: ClassVar[tuple[str, ...]] = ("mean", "tfidf_ridge", "features_ridge", "nearest_mean")

    def read(self, data: Data, seed: int) -> Dataset:
        return load_rated(data, seed)

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        train = dataset.splits.train
        values = np.array([example.value for example in train])
        weights = np.array([example.weight for example in train])
        centre = np.average(values, weights=weights)
        scale = np.sqrt(np.average((values - centre) ** 2, weights=weights))
        return Tools(loaded.tokenizer, (), loaded.max_length, centre=float(centre), scale=float(scale))

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> PooledNetwork:
        return PooledNetwork(loaded.trunk, loaded.pooling, loaded.width, 1, dropout)

    def objective(self, tools: Tools) -> str:
        return "squared_error"

    def metrics(self, tools: Tools) -> tuple[str, ...]:
        return ("rmse", "mae", "r2", "pearson")

    def truth(self, examples: Sequence[RatedText], tools: Tools) -> NDArray[np.float64]:
        return np.array([example.value for example in examples])

    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[np.float64]:
        values: NDArray[np.float64] = scores[:, 0].double().numpy() * tools.scale + tools.centre
        return values

    def asked(self, example: RatedText) -> str | tuple[str, ...]:
        return example.texts if len(example.texts) > 1 else example.texts[0]

    def expected(self, example: RatedText) -> float:
        return example.value
