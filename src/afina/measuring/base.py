"""The contract of a way to measure: what a run is compared with, on what, and what its report says."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..data.conversation import Conversation
from ..errors import ModelError
from ..evaluate import report as reports
from ..evaluate.compare import Candidate, compare
from ..evaluate.metrics import metrics_of
from ..evaluate.statistics import draws, resample
from ..evaluate.timing import milliseconds
from ..language import _
from ..recipe.plan import count
from ..recipe.prepare import Prepared, Training
from ..recipe.recipe import Recipe
from ..ship.shipped import Shipped
from ..train.fit import Feed, Job, scores
from ..train.log import Event

__all__ = ["Measuring"]


class Measuring(ABC):
    """Measures the run of one task. Its methods are called in this order, before training and after.

    In a launch of several processes the main one calls :meth:`before` and the others :meth:`alongside`; all
    call :meth:`trained`.
    """

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared

    @abstractmethod
    def before(self, *, timed: bool = False) -> list[Candidate]:
        """The cheaper alternatives, answering the measured rows of dev and test. The trunk is as it came.

        Args:
            timed: whether the answering of single rows is timed too.
        """

    def alongside(self) -> None:  # noqa: B027  # most have nothing that takes several processes
        """What processes other than the main one have to compute with it in :meth:`before`."""

    def trained(self, training: Training, seconds: float) -> Candidate:
        """The trained model; ``seconds`` is what training it took."""
        began = time.perf_counter()
        job = training.job
        answered = self.answered(job, {"dev": job.dev, "test": training.test})
        numbers = count(job.adapted.network)["total"]
        seconds += time.perf_counter() - began
        return Candidate(self.prepared.recipe.way, answered["dev"], answered["test"], seconds, 4 * numbers)

    def untrained(self, job: Job, *, timed: bool = False) -> Candidate:
        """The model as it came. In a launch of several processes all call it.

        Args:
            timed: whether the answering of single rows is timed too.
        """
        prepared = self.prepared
        prepared.runtime.place(job.adapted.network)
        began = time.perf_counter()
        answered = self.answered(job, {name: prepared.rows[name] for name in ("dev", "test")})
        seconds = time.perf_counter() - began
        prepared.listen(Event("baseline", {"name": "untrained", "seconds": seconds}))
        size = 4 * count(job.adapted.network)["total"]
        alone = self.timed(job) if timed else None
        return Candidate("untrained", answered["dev"], answered["test"], seconds, size, alone)

    def answered(self, job: Job, feeds: Mapping[str, Feed]) -> dict[str, NDArray[Any]]:
        """What the network says of the measured rows of each split of ``feeds``: dev, test or both."""
        prepared = self.prepared
        return {
            name: prepared.outputs(scores(job, feed.some(prepared.measured[name]))[0])
            for name, feed in feeds.items()
        }

    def alone(self, job: Job) -> Callable[[Any], Any]:
        """What answers one example by itself, as the finished model does, once it was :meth:`answered`."""
        model, task = self.prepared.shipped(job.adapted), self.prepared.recipe.task
        return lambda example: model.predict([task.asked(example)])

    def timed(self, job: Job) -> float:
        """Milliseconds that one development row takes, answered by itself."""
        return milliseconds(self.alone(job), self.prepared.dataset.splits.some(self.prepared.measured).dev)

    @property
    def talks(self) -> Sequence[Conversation]:
        """The test rows that are answered in full, where texts are generated."""
        return ()

    def texts(self, job: Job) -> tuple[str, ...]:
        """What the network answers to :attr:`talks`."""
        return ()

    def truth(self, split: str) -> NDArray[Any]:
        """What should have been answered on the measured rows of dev or of test."""
        return self.prepared.truth[split][self.prepared.measured[split]]

    def compared(self, candidates: list[Candidate]) -> dict[str, Any]:
        """What a report says of all candidates on the same rows, the trained one last."""
        recipe, tools = self.prepared.recipe, self.prepared.tools
        comparison = compare(
            candidates, self.truth("dev"), self.truth("test"), primary=recipe.task.primary_metric,
            metrics=metrics_of(recipe.task.metrics(tools), multi_label=tools.multi_label),
            seed=recipe.seed, resamples=recipe.evaluate.resamples,
        )  # fmt: skip
        return reports.compared(comparison, candidates[-1].name)

    @staticmethod
    def intervals(
        model: Shipped, recipe: Recipe, truth: NDArray[Any], answered: NDArray[Any]
    ) -> dict[str, Any]:
        """Metric -> its value on other data, with its interval."""
        tools = model.tools
        metrics = metrics_of(model.task.metrics(tools), multi_label=tools.multi_label)
        counts = draws(len(truth), recipe.evaluate.resamples, recipe.seed)
        return {
            kind: resample(metric, truth, answered, counts).interval().plain()
            for kind, metric in metrics.items()
        }

    def after(self, model: Shipped, values: dict[str, Any]) -> dict[str, Any]:
        """``values``, which a report says already, and what the finished model adds to them."""
        return values

    @abstractmethod
    def next(self, place: str) -> list[str]:
        """What can be done with the model of the run at ``place``, as commands."""

    @classmethod
    def again(cls, model: Shipped, recipe: Recipe, data: str | Path) -> dict[str, Any]:
        """The metrics of a finished model on other data: ``rows``, ``metrics`` with intervals, and more.

        Raises:
            ModelError: there is no such measurement for this task.
            DataError: the data are wrong.
        """
        raise ModelError(
            _("models for the task '{task}' are not measured on other data.").format(task=model.task.kind)
        )
