"""The contract of a task: what the model is for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.example import Example
from ..data.load import Dataset
from ..data.row import Tools
from ..models.load import Loaded
from ..models.network import Network
from ..section import Section

__all__ = ["Task"]


class Task(Section, ABC):
    """What the model is for: its head, its outputs, how they are measured and against what."""

    place: ClassVar[str] = "task"
    kind: str
    takes: ClassVar[type[Example]]
    """The examples it needs."""
    primary_metric: ClassVar[str]
    """The metric that chooses checkpoints and decides comparisons; greater is better."""
    baselines: ClassVar[tuple[str, ...]]
    """Kinds of the cheaper alternatives it is compared with, cheapest first."""

    @abstractmethod
    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        """What turns examples into numbers, from the training split alone."""

    @abstractmethod
    def objective(self, tools: Tools) -> str:
        """Kind of the objective used when the recipe names none."""

    @abstractmethod
    def metrics(self, tools: Tools) -> tuple[str, ...]:
        """Kinds of the metrics that are reported."""

    @abstractmethod
    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> Network:
        """The pretrained trunk with this task's head, whose first weights come from torch's generator."""

    @abstractmethod
    def truth(self, examples: Sequence[Any], tools: Tools) -> NDArray[np.float64]:
        """(N, C) what the network should have answered."""

    @abstractmethod
    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[np.float64]:
        """Scores (N, C) as probabilities (N, C)."""

    @abstractmethod
    def answers(self, probabilities: NDArray[np.float64], tools: Tools) -> list[dict[str, Any]]:
        """Probabilities (N, C) as what a person is told, one object a row."""
