"""The contract of a task: what the model is for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from ..data.example import Example, Splits
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
    objective: ClassVar[str]
    """Kind of the objective used when the recipe names none."""
    metrics: ClassVar[tuple[str, ...]]
    """Kinds of the metrics that are reported."""
    primary_metric: ClassVar[str]
    """The metric that chooses checkpoints and decides comparisons; greater is better."""
    baselines: ClassVar[tuple[str, ...]]
    """Kinds of the cheaper alternatives it is compared with, cheapest first."""

    @abstractmethod
    def tools(self, splits: Splits, loaded: Loaded) -> Tools:
        """What turns examples into numbers, from the training split alone."""

    @abstractmethod
    def network(self, loaded: Loaded, tools: Tools) -> Network:
        """The pretrained trunk with this task's head. Draws the head's first weights from torch's generator."""

    @abstractmethod
    def outputs(self, scores: Any, tools: Tools) -> Any:
        """Scores (N, C) as probabilities (N, C), float64."""

    @abstractmethod
    def answers(self, probabilities: Any, tools: Tools) -> Sequence[Any]:
        """Probabilities (N, C) as what a person is told, one object a row."""
