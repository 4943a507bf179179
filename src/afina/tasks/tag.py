"""Tagging: a tag for each word of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.example import TaggedText
from ..data.load import Data, Dataset
from ..data.row import Tools
from ..data.tagged import load_tagged
from ..models.load import Loaded
from ..models.network import WordNetwork
from .base import Task

__all__ = ["Tag"]


class Tag(Task):
    """Tags for words: names of people and places, parts of an order, parts of speech."""

    kind: Literal["tag"] = "tag"
    takes: ClassVar[type[TaggedText]] = TaggedText
    measured_by: ClassVar[str] = "tags"
    primary_metric: ClassVar[str] = "span_f1"
    baselines: ClassVar[tuple[str, ...]] = ("word_tags", "word_shapes")

    def read(self, data: Data, seed: int) -> Dataset:
        return load_tagged(data, seed)

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        return Tools(loaded.tokenizer, dataset.labels, loaded.max_length)

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> WordNetwork:
        return WordNetwork(loaded.trunk, loaded.width, len(tools.labels), dropout)

    def objective(self, tools: Tools) -> str:
        return "token_cross_entropy"

    def metrics(self, tools: Tools) -> tuple[str, ...]:
        return ("span_f1", "tag_accuracy")

    def truth(self, examples: Sequence[TaggedText], tools: Tools) -> NDArray[np.str_]:
        """(N,) the tags of each sentence with spaces between them."""
        return np.array([" ".join(example.tags) for example in examples])

    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[np.str_]:
        """Likewise; the tags of words at the end that were not read are missing."""
        rows = scores.long().tolist()
        return np.array([" ".join(tools.labels[number - 1] for number in row if number) for row in rows])

    def asked(self, example: TaggedText) -> tuple[str, ...]:
        return example.words

    def expected(self, example: TaggedText) -> list[str]:
        return list(example.tags)
