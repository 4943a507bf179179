"""Between the model as it came, with the best linear head, and the one that was fine-tuned (WiSE-FT)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..adapt.features import Features
from ..combine import Weights
from ..combine.interpolate import Interpolate
from ..evaluate.metrics import metrics_of
from ..evaluate.words import direction
from ..measuring import MEASURING
from ..recipe.prepare import Prepared
from ..recipe.recipe import Recipe
from ..train.closed_form import solve
from ..train.log import Listener
from .attempt import reloaded
from .rung import Rung

__all__ = ["Interpolated"]

#: Shares of the fine-tuned network that are tried. The ends are rungs of their own, and between neighbours
#: that are closer less changes than development rows can tell (docs/benchmarks.md, a shift of domain).
SHARES = (0.2, 0.4, 0.6, 0.8)


class Interpolated:
    """Shares of a fine-tuned network that was tried in ``folder``; see :class:`Interpolate`."""

    def __init__(self, recipe: Recipe, folder: Path, listen: Listener) -> None:
        self.prepared = Prepared(recipe.model_copy(update={"adapt": Features()}), listen)
        job = next(self.prepared.trainings()).job
        solve(job)
        self.base = _copied(job.adapted.network.state_dict())
        _own, trained = reloaded(recipe, folder, listen=listen)
        self.tuned = _copied(trained.training.job.adapted.merge().state_dict())
        self.job = self.prepared.untrained()

    def rung(self, tuned: Rung) -> Rung:
        """The best share on the development rows."""
        began = time.perf_counter()
        task, tools = self.prepared.recipe.task, self.prepared.tools
        metric = metrics_of([task.primary_metric], multi_label=tools.multi_label)[task.primary_metric]
        truth = MEASURING[task.measured_by](self.prepared).truth("dev")
        answers: list[NDArray[Any]] = []

        def score(weights: Weights) -> dict[str, Any]:
            answers.append(self._answered(weights, "dev"))
            return {"dev": direction(task.primary_metric) * float(metric(truth, answers[-1]))}

        found = Interpolate(alphas=SHARES).combine(self.base, [self.tuned], score)
        alpha = found.chosen["alpha"]
        return Rung(
            "interpolate", answers[SHARES.index(alpha)], tuned.seconds + time.perf_counter() - began,
            tuned.size_bytes, tuned.milliseconds_per_row, tuned.peak_memory_bytes,
            {"of": tuned.name, "alpha": alpha},
        )  # fmt: skip

    def answers(self, alpha: float, split: str) -> NDArray[Any]:
        """What the share ``alpha`` of the fine-tuned network answers."""
        way = Interpolate(alphas=(alpha,))
        return self._answered(way.combine(self.base, [self.tuned], lambda _w: {"dev": 0.0}).weights, split)

    def _answered(self, weights: Weights, split: str) -> NDArray[Any]:
        self.job.adapted.network.load_state_dict(weights)
        measuring = MEASURING[self.prepared.recipe.task.measured_by](self.prepared)
        return measuring.answered(self.job, {split: self.prepared.rows[split]})[split]


def _copied(weights: Weights) -> Weights:
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in weights.items()}
