"""The phases of a recipe, trained one after the other."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .adapt import Adapted
from .evaluate.forgetting import perplexities
from .evaluate.words import candidate_name
from .language import _
from .measuring import Forgetting
from .recipe.memory import check_memory
from .recipe.prepare import Prepared, Training
from .train.checkpoint import Checkpoints
from .train.closed_form import solve
from .train.fit import Fitted, fit, scores
from .train.log import Event
from .train.stop import Stop

__all__ = ["Trained", "train_phases"]


class Trained(NamedTuple):
    """A phase that has been trained."""

    training: Training
    fitted: Fitted
    seconds: float
    """What its frozen part took is counted wherever it ran."""
    own: dict[str, Any]
    """What was measured on the test rows of data of its own, and of what was forgotten."""

    def told(self) -> dict[str, Any]:
        """What a report says of it when it comes before the main one."""
        return {
            "adapt": self.training.phase.adapt.kind,
            "objective": self.training.job.objective.kind,
            "seconds": self.seconds,
            "curves": self.fitted.progress.history,
            "best_step": self.fitted.progress.best_step,
            **self.own,
        }


def train_phases(prepared: Prepared, checkpoints: Checkpoints, *, resume: bool, stop: Stop) -> list[Trained]:
    """Every phase of a recipe, trained, in its order. Raises RunError and Interrupted."""
    trained: list[Trained] = []
    prepared.runtime.check_alike(checkpoints.identity)
    count = len(prepared.recipe.phases)
    for number, training in enumerate(prepared.trainings(), 1):
        if count > 1:
            told = _("Training {number} of {count}: {name}")
            name = candidate_name(training.phase.adapt.kind)
            prepared.listen(Event("note", {"text": told.format(number=number, count=count, name=name)}))
            prepared.listen(Event("phase", {"number": number, "count": count}))
        job = training.job
        measure = _OwnTexts(training) if training.own else None
        began = time.perf_counter()
        if job.adapted.closed_form is not None:
            fitted = solve(job)
            job.runtime.align(job.adapted.network)
        else:
            check_memory(job, prepared.warn)
            own = checkpoints if number == count else checkpoints.inside(f"before-{number}")
            fitted = fit(job, own, resume=resume, listen=prepared.listen, stop=stop)
        seconds = time.perf_counter() - began + training.frozen_seconds
        trained.append(Trained(training, fitted, seconds, measure.told() if measure else {}))
    return trained


class _OwnTexts:
    """Perplexity of the test rows of a training with data of its own, and of general texts."""

    def __init__(self, training: Training) -> None:
        assert training.own is not None
        self.training, self.own = training, training.own
        self._forgetting = Forgetting(self.own) if self.own.runtime.main else None
        self._before = self._read("before")

    def _read(self, when: str) -> NDArray[np.float32]:
        job = self.training.job
        job.runtime.place(job.adapted.network)
        losses = scores(job, self.training.test.some(self.own.measured["test"]))[0]
        if self._forgetting:
            # Not merged: it goes on learning.
            self._forgetting.read(when, self.own.shipped(Adapted(job.adapted.network)))
        return losses

    def told(self) -> dict[str, Any]:
        """What a report says of it."""
        after, recipe = self._read("after"), self.own.recipe
        found = perplexities(self._before, after, seed=recipe.seed, resamples=recipe.evaluate.resamples)
        return {
            "data": recipe.data.path,
            "task": recipe.task.kind,
            "rows": {name: len(split) for name, split in self.own.dataset.splits.items()},
            "perplexity": found,
            **(self._forgetting.told() if self._forgetting else {}),
        }
