"""The contract of a task: what the model is for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray
from torch import Tensor

from ..data.example import Example
from ..data.load import Data, Dataset, load
from ..data.row import Tools
from ..models.load import Head, Loaded, default_model
from ..models.network import Network
from ..section import Section

__all__ = ["Task"]


class Task(Section, ABC):
    """What the model is for: its head, its outputs, how they are measured and against what."""

    place: ClassVar[str] = "task"
    kind: str
    takes: ClassVar[type[Example]]
    """The examples it needs."""
    labels: ClassVar[bool] = False
    """Whether its rows have labels, of which the network says how probable each is."""
    measured_by: ClassVar[str]
    """How runs are measured: a name in ``measuring.MEASURING``."""
    by_loss: ClassVar[bool] = False
    """Whether the smallest loss on dev chooses checkpoints, in the place of the primary metric."""
    from_features: ClassVar[bool] = True
    """Whether a head alone can learn it, where it has a new one."""
    head: ClassVar[Head] = "new"
    """What stands on the trunk."""
    primary_metric: ClassVar[str]
    """The metric that decides comparisons."""
    baselines: ClassVar[tuple[str, ...]]
    """Kinds of the cheaper alternatives it is compared with, cheapest first."""

    def read(self, data: Data, seed: int) -> Dataset:
        """The examples, split. Raises DataError."""
        return load(data, seed)

    def distinct(self, examples: Sequence[Any]) -> list[int]:
        """The numbers of the rows that are audited and measured: one of those that ask the same."""
        return list(range(len(examples)))

    def default_model(self, language: str) -> str:
        """The model for texts in ``language`` (ISO 639-1, or ``und``) when none is named."""
        return default_model(language)

    @property
    def generates(self) -> bool:
        """Whether the model writes texts."""
        return self.head == "causal"

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

    def asked(self, example: Any) -> Any:
        """What its models are given of an example when they are used."""
        return example.text

    def expected(self, example: Any) -> Any:
        """What an example is labelled with, as a JSON value; None without a label."""
        return None

    @abstractmethod
    def truth(self, examples: Sequence[Any], tools: Tools) -> NDArray[Any]:
        """(N, …) what should have been answered, as the metrics take it."""

    @abstractmethod
    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[Any]:
        """The objective's outcomes (N, W) as answers (N, …), as the metrics take them."""
