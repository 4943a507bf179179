"""The contract of a baseline: a cheaper alternative that fine-tuning has to beat."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...data.example import Splits
from ...section import Section

__all__ = ["Baseline", "Context", "Outcome", "Vector"]

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Context:
    """What a baseline may use."""

    splits: Splits
    truth: Mapping[str, NDArray[Any]]
    """Split -> (N, …), what should be answered, as the task's metrics take it."""
    labels: tuple[str, ...]
    """A class's number is its place here."""
    multi_label: bool
    language: str
    """Language of the texts, as ``"en"``."""
    loaded: Any
    """The pretrained model (``models.load.Loaded``), or None where there is none."""
    seed: int
    features: Callable[[], tuple[dict[str, NDArray[Any]], float]]
    """Split -> (N, H), the pooled output of the frozen trunk; and the seconds that computing it took, now or
    before."""
    vector: Callable[[Any], NDArray[Any]]
    """The same of one example alone: (H,)."""
    documents: Sequence[str] = ()
    """The collection, where something is searched."""
    note: Callable[[str], None] = lambda text: None
    """Tells a person something, such as how long answering will take."""

    @cached_property
    def weights(self) -> Vector:
        """(N,) weights of the training rows."""
        return np.array([example.weight for example in self.splits.train])

    def texts(self, split: str) -> list[str]:
        return [example.text for example in dict(self.splits.items())[split]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a baseline answers, and what it costs."""

    dev: NDArray[Any]
    """(N, …) answers, as the task's metrics take them: probabilities (N, C) of labels."""
    test: NDArray[Any]
    """Likewise."""
    seconds: float
    """To learn and to answer both splits."""
    size_bytes: int
    """What has to be kept to answer."""
    answer: Callable[[Any], Any]
    """Answers one example by itself, from its text on, as it is done once everything is learnt."""
    details: dict[str, Any] = field(default_factory=dict)
    """What was chosen on the way, as JSON values."""


class Baseline(Section, ABC):
    """A cheaper alternative. It learns from the training split; only choices are made on dev."""

    place: ClassVar[str] = "baseline"
    kind: str
    measured_by: ClassVar[str] = "labels"
    """The tasks that it is for: those that are measured in this way."""

    method: ClassVar[str | None] = None
    """The method of training that gives the same; it is then no alternative."""

    def applies(self, context: Context) -> bool:
        """Whether it can answer such data at all."""
        return True

    @abstractmethod
    def fit_predict(self, context: Context) -> Outcome:
        """Answers on dev and test. Deterministic."""
