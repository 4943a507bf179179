"""A recipe tried out: trained like a run, and measured on the development rows alone."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..evaluate.metrics import metrics_of
from ..language import current, speaking
from ..measuring import MEASURING
from ..phases import Trained, train_phases
from ..recipe.plan import count
from ..recipe.prepare import Prepared
from ..recipe.recipe import Recipe
from ..runs.store import RunFolder, opened, placed
from ..train.checkpoint import Checkpoints
from ..train.log import Event, Listener, ignore
from ..train.runtime import Runtime
from ..train.stop import Stop

__all__ = ["Attempt", "attempt", "forget", "reloaded", "on_test_rows"]


@dataclass(frozen=True)
class Attempt:
    """What one recipe gave on the development rows. The test rows were not looked at."""

    folder: Path
    """``run(recipe, out=folder, resume=True)`` makes a finished run of it, without training again."""
    way: str
    answered: NDArray[Any]
    """(N, …) answers to the measured development rows, as the metrics take them."""
    truth: NDArray[Any]
    """(N, …) what should have been answered."""
    value: float
    """The primary metric of the task."""
    seconds: float
    """Of training, what its frozen part took included wherever it ran."""
    size_bytes: int
    """Of the weights, as they are kept."""
    peak_memory_bytes: int
    """The most memory that this process has needed so far."""
    milliseconds_per_row: float | None = None
    """To answer one row after the other; None where it was not put to work."""
    texts: tuple[str, ...] = ()
    """Full answers to development rows, where texts are generated; likewise."""


def attempt(
    recipe: Recipe, folder: Path, *, at_work: bool = False, listen: Listener = ignore,
    stop: Stop | None = None,
) -> Attempt:  # fmt: skip
    """Trains ``recipe`` in ``folder`` and measures it on the development rows.

    What was begun in the folder before is continued, with the same bits. For one process, not for a launch of
    several; the data are not audited.

    Args:
        at_work: whether single rows are timed, and texts generated in full.
        stop: when requested, as by a listener that has seen enough evaluations, the attempt is given up.

    Raises:
        InputError: the recipe, the data, the model or the folder is wrong.
        RunError: the training failed.
        Interrupted: ``stop`` was requested; what was trained is saved.
    """
    with speaking(recipe.language or current()):
        store = RunFolder(placed(recipe, folder, resume=True))

        def tell(event: Event) -> None:
            store.record(event)
            listen(event)

        prepared = Prepared(recipe, tell)
        _ = prepared.dataset  # wrong data or a missing model are found before there is a folder
        with opened(store, recipe, resume=True, ends="tried"):
            return _attempt(prepared, store, stop or Stop(), at_work)


def reloaded(recipe: Recipe, folder: Path, *, listen: Listener = ignore) -> tuple[Prepared, Trained]:
    """What was tried in ``folder``: its last phase, loaded again without training."""
    prepared = Prepared(recipe, listen)
    checkpoints = Checkpoints(RunFolder(folder).checkpoints, prepared.identity(), prepared.warn)
    return prepared, train_phases(prepared, checkpoints, resume=True, stop=Stop())[-1]


class OnTest(NamedTuple):
    """What an attempt answers on the test rows."""

    truth: NDArray[Any]
    """(N, …) what should have been answered on those that are measured."""
    answered: NDArray[Any]
    """(N, …)"""
    texts: tuple[str, ...]
    """Full answers, where they were asked for."""


def on_test_rows(recipe: Recipe, folder: Path, *, texts: bool = False, listen: Listener = ignore) -> OnTest:
    """For an attempt whose checkpoints are there, once everything is chosen. It is not trained again.

    Args:
        texts: whether they are generated in full too.
    """
    prepared, trained = reloaded(recipe, folder, listen=listen)
    training = trained.training
    measuring = MEASURING[recipe.task.measured_by](prepared)
    answered = measuring.answered(training.job, {"test": training.test})["test"]
    return OnTest(measuring.truth("test"), answered, measuring.texts(training.job) if texts else ())


def forget(folder: Path) -> None:
    """Removes the checkpoints of an attempt: it would have to be trained again."""
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)


def _attempt(prepared: Prepared, store: RunFolder, stop: Stop, at_work: bool) -> Attempt:
    recipe, task = prepared.recipe, prepared.recipe.task
    measuring = MEASURING[task.measured_by](prepared.without_test(recipe))
    checkpoints = Checkpoints(store.checkpoints, prepared.identity(), prepared.warn)
    with prepared.stage("train"):
        trained = train_phases(prepared, checkpoints, resume=True, stop=stop)
    job = trained[-1].training.job
    with prepared.stage("evaluate"):
        answered = measuring.answered(job, {"dev": job.dev})["dev"]
    truth = measuring.truth("dev")
    primary = task.primary_metric
    metric = metrics_of([primary], multi_label=prepared.tools.multi_label)[primary]
    return Attempt(
        folder=store.folder,
        way=recipe.way,
        answered=answered,
        truth=truth,
        value=float(metric(truth, answered)),
        seconds=sum(each.seconds for each in trained),
        size_bytes=4 * count(job.adapted.network)["total"],
        peak_memory_bytes=Runtime.peak_memory_bytes(),
        milliseconds_per_row=measuring.timed(job) if at_work else None,
        texts=measuring.texts(job) if at_work else (),
    )
