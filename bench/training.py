"""Every phase of a recipe trained in memory, without the report and the artifact that a run makes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from afina.adapt import Adapted
from afina.recipe.prepare import Prepared
from afina.train.checkpoint import Checkpoints
from afina.train.closed_form import solve
from afina.train.fit import fit
from afina.train.prefix_cache import PrefixCache

__all__ = ["states", "train"]


def states(folder: Path) -> PrefixCache:
    """A cache of its own: nothing that an earlier run has kept is of use."""
    return PrefixCache(folder, 10**10, print)


def train(prepared: Prepared) -> tuple[Adapted, float | None]:
    """The network after the last phase, and its best metric on dev (None where nothing was chosen)."""
    with tempfile.TemporaryDirectory() as scratch:
        for training in prepared.trainings():
            job = training.job
            if job.adapted.closed_form is None:
                progress = fit(job, Checkpoints(Path(scratch), "", print), resume=False).progress
                best = progress.best_value
            else:
                solve(job)
                best = None
    return job.adapted, best
