"""A learning rate to begin with: it rises from step to step until the loss does too."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RecipeError, RunError
from ..language import _, current, speaking
from ..recipe.prepare import Prepared
from ..recipe.recipe import Recipe
from ..train import optim
from ..train.fit import Job, take_step
from ..train.log import Listener, ignore
from ..train.state import Progress

__all__ = ["Found", "find_rate", "suggested"]

#: Steps at most, and how far the rates go to both sides of what suits the method.
STEPS, REACH = 100, 1000.0
#: Steps at first, with rates too small to learn anything: they tell the loss to begin with, and its noise.
BEFORE = 20
#: Weight of what came before in the smoothed loss.
SMOOTH = 0.9
#: The smoothed loss has diverged when it is so many times its smallest value.
DIVERGED = 2.0
#: A fall counts from so many standard errors of a smoothed loss: noise alone falls so far in 1 of 20 curves.
LEAST_FALL = 4.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the loss said of learning rates."""

    suggested: float
    lowest: float
    """The rate at which the smoothed loss was smallest."""
    usual: float
    """What the recipe would have used."""
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    """Smoothed."""
    seconds: float

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def find_rate(recipe: Recipe, *, listen: Listener = ignore) -> Found:
    """The range test of Smith 2015 ("Cyclical Learning Rates for Training Neural Networks").

    Trains a network that is thrown away, the learning rate rising by one factor a step. Neither development
    nor test rows are used.

    Raises:
        InputError: the recipe, the data or the model is wrong, or nothing is trained step by step.
        RunError: the loss is not finite from the first steps on.
    """
    if recipe.before:
        raise RecipeError(
            _("this finds the learning rate of one training, and the recipe has several."), where="before"
        )
    with speaking(recipe.language or current()):
        prepared = Prepared(recipe, listen)
        job = next(prepared.trainings()).job
        if job.adapted.closed_form is not None:
            raise RecipeError(
                _("with '{adapt}' the head is found in one go: there is no learning rate to search.").format(
                    adapt=recipe.adapt.kind
                ),
                where="adapt",
            )
        began = time.perf_counter()
        usual = job.plan.learning_rate
        rates, losses = _risen(job, np.geomspace(usual / REACH, usual * REACH, STEPS), listen)
        if len(losses) < STEPS // 4:
            raise RunError(
                _("the loss is not finite even with a learning rate of {rate}.").format(
                    rate=f"{rates[-1]:.2g}"
                ),
                fix=_("Look at the data with 'afina look'."),
            )
        return suggested(rates, losses, usual, time.perf_counter() - began)


def suggested(
    rates: NDArray[np.float64], losses: NDArray[np.float64], usual: float, seconds: float = 0.0
) -> Found:
    """The rate at which the smoothed loss has fallen half of its way.

    Smith 2015 reads a range from where learning sets in to where it ends. For one rate, fastai's ``steep``
    takes that at which the loss falls fastest: the middle of a fall that ends as it began. Slopes between
    steps are mostly noise, though, so the middle is found in the losses themselves. A tenth of the rate of
    the smallest loss, also a usual advice, is too small where a training then has few steps, and says nothing
    where few rows are learnt by heart, as the loss then falls with every step at any rate.

    Noise may cross the middle before the loss falls, so the last crossing before the lowest point counts.

    Args:
        rates: (T,) rising.
        losses: (T,) of each step.

    Raises:
        RunError: the loss falls no further than noise does.
    """
    smooth, before = smoothed(losses), losses[:BEFORE]
    lowest = BEFORE + int(smooth[BEFORE:].argmin())
    fall = before.mean() - smooth[lowest]
    error = before.std(ddof=1) * math.sqrt((1 - SMOOTH) / (1 + SMOOTH))
    if fall <= LEAST_FALL * error or math.isclose(fall, 0, abs_tol=1e-9):
        raise RunError(
            _("the loss falls no further than it varies by chance, whatever the learning rate."),
            fix=_("Leave the learning rate out, or look for it with larger batches (train.batch)."),
        )
    half = int(np.flatnonzero(smooth[:lowest] > smooth[lowest] + fall / 2)[-1]) + 1
    return Found(
        suggested=float(f"{rates[half]:.2g}"),
        lowest=float(rates[lowest]),
        usual=usual,
        rates=tuple(rates.tolist()),
        losses=tuple(smooth.tolist()),
        seconds=seconds,
    )


def smoothed(losses: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) The exponentially weighted mean of the losses so far."""
    means, mean = np.zeros(len(losses)), 0.0
    for step, loss in enumerate(losses):
        mean = SMOOTH * mean + (1 - SMOOTH) * float(loss)
        means[step] = mean
    # A mean that starts from nothing is too small at first.
    return means / (1 - SMOOTH ** np.arange(1, len(losses) + 1))


def _risen(
    job: Job, rates: NDArray[np.float64], listen: Listener
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The loss of each step until it diverges."""
    job = replace(
        job,
        settings=job.settings.model_copy(update={"warmup": 0.0, "schedule": "constant"}),
        plan=replace(job.plan, learning_rate=1.0),
    )
    job.runtime.place(job.adapted.network)
    optimizer, progress = optim.adamw(job.adapted, 1.0, job.settings.weight_decay), Progress()
    scales = [group["peak"] for group in optimizer.param_groups]
    losses: list[float] = []
    rows = (
        step
        for epoch in count()
        for step in job.objective.order(
            job.train.rows, job.train.lengths, job.settings.batch, job.seed, epoch
        )
    )
    for rate, numbers in zip(rates, rows, strict=False):
        for group, scale in zip(optimizer.param_groups, scales, strict=True):
            group["peak"] = rate * scale
        try:
            losses.append(take_step(job, optimizer, numbers, progress)[0])
        except RunError:  # not finite
            break
        smooth = smoothed(losses)
        if len(losses) > STEPS // 4 and smooth[-1] > DIVERGED * smooth.min():
            break
    return rates[: len(losses)], np.array(losses)
