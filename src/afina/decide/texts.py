"""Texts that are generated in full, against the expected ones and against one answer to everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.conversation import ANSWERER, Conversation
from ..evaluate.compare import ALPHA
from ..evaluate.metrics import metrics_of
from ..evaluate.metrics.base import Metric
from ..evaluate.statistics import Resampled, draws, resample
from ..measuring import MEASURING
from ..recipe.prepare import Prepared
from ..tasks.texts import TextTask

__all__ = ["Texts", "Written", "texts_of"]


@dataclass(frozen=True)
class Written:
    """What all ways wrote, by one metric of texts."""

    metric: str
    values: Mapping[str, Resampled]
    """Way -> value."""
    blind: Resampled
    """Of :attr:`Texts.blind`."""


@dataclass(frozen=True)
class Texts:
    """The rows that are answered in full."""

    expected: tuple[str, ...]
    blind: str
    """The answer that looks at no question: the most frequent one of the training rows, the first of equally
    frequent ones."""
    kinds: tuple[str, ...]
    """Metrics of texts; the first one decides."""
    seed: int
    resamples: int

    @property
    def metric(self) -> str:
        """The one that decides."""
        return self.kinds[0]

    def measured(self, answers: Sequence[str], kind: str | None = None) -> Resampled:
        """Answers to the rows, by ``kind`` or by the metric that decides."""
        said = np.array(answers, dtype=object)
        return resample(self._metrics[kind or self.metric], self._truth, said, self._counts)

    def written(self, answers: Mapping[str, Sequence[str]]) -> Written:
        """By the metric that decides."""
        values = {name: self.measured(said) for name, said in answers.items()}
        return Written(self.metric, values, self.measured([self.blind] * len(self.expected)))

    def provable(self, ways: int) -> bool:
        """Whether perfect answers could be proven better than the blind one, among so many ways."""
        perfect, blind = self.measured(self.expected), self.measured([self.blind] * len(self.expected))
        found = perfect.minus(blind)
        return found.difference > 0 and ways * found.p < ALPHA

    @cached_property
    def _metrics(self) -> dict[str, Metric]:
        return metrics_of(self.kinds, multi_label=False)

    @cached_property
    def _truth(self) -> NDArray[Any]:
        return np.array(self.expected, dtype=object)

    @cached_property
    def _counts(self) -> NDArray[Any]:
        return draws(len(self.expected), self.resamples, self.seed)


def texts_of(prepared: Prepared) -> Texts | None:
    """Of the test rows; None where no texts are generated and measured."""
    recipe, task = prepared.recipe, prepared.recipe.task
    talks = MEASURING[task.measured_by](prepared).talks
    if not talks or not isinstance(task, TextTask) or not task.answer_metrics:
        return None
    said = Counter(
        talk.messages[-1].content
        for talk in prepared.dataset.splits.train
        if isinstance(talk, Conversation) and talk.messages[-1].role == ANSWERER
    )
    return Texts(
        tuple(talk.messages[-1].content for talk in talks),
        said.most_common(1)[0][0] if said else "",
        task.answer_metrics,
        recipe.seed,
        recipe.evaluate.resamples,
    )
