"""Every number of a sweep's page, as plain values. docs/contract.md says what each key is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..evaluate import report as reports
from ..evaluate.compare import ALPHA
from ..evaluate.metrics import Metric
from ..evaluate.metrics.base import Vector
from ..evaluate.statistics import Resampled
from ..evaluate.words import direction, metric_name, number, p_told, signed
from ..language import _, current, ngettext
from ..run import Result
from ..section import shown
from .chance import chance, resampled
from .space import Space
from .trials import Tried

__all__ = ["headline", "reason", "report_of", "settings_told"]


def report_of(
    space: Space,
    tried: Sequence[Tried],
    best: int,
    metric: Metric,
    on_dev: Mapping[int, Vector],
    on_test: Mapping[int, Vector],
    *,
    prune: str,
    workers: int,
    run: Result,
    name: str,
) -> dict[str, Any]:
    """What a finished sweep found.

    Args:
        tried: every recipe, the given one first.
        best: number of the best one.
        on_dev: number -> (N, K) what each development row adds to the sums of the metric; the given one
            first.
        on_test: likewise on the test rows, of the given recipe and of the best one.
    """
    recipe, upwards = space.recipe, direction(metric.kind)
    dev = resampled(metric, on_dev, recipe.seed, recipe.evaluate.resamples)
    test = resampled(metric, on_test, recipe.seed, recipe.evaluate.resamples)
    found = chance(
        upwards * np.array([one.value for one in dev.values()]),
        upwards * np.stack([one.values for one in dev.values()], axis=1),
    )
    given = space.default
    told = {
        "afina": reports.versions()["afina"],
        "language": current(),
        "name": name,
        "created": reports.created(),
        "task": recipe.task.kind,
        "model": run.report["model"],
        "primary_metric": metric.kind,
        "rows": run.report["rows"],
        "over": [{**each.plain(), "default": given[each.path]} for each in space.dimensions],
        "prune": prune,
        "workers": workers,
        "trials": [
            {
                **each.plain(),
                "score": None if each.score is None else upwards * each.score,
                "dev": dev[each.number].interval().plain() if each.number in dev else None,
            }
            for each in tried
        ],
        "best": best,
        "chance": found.plain(),
        "dev": _beside(dev, best),
        "test": _beside(test, best),
        "seconds": sum(each.seconds for each in tried),
        "recipe": recipe.plain(),
        "run": str(run.run),
        "next": [f"afina show {shlex.quote(str(run.run))}", *run.report["next"]],
    }
    return {**told, "headline": headline(told), "reason": reason(told)}


def settings_told(settings: Mapping[str, Any]) -> str:
    """``train.learning_rate 0.0001, adapt.rank 8``."""
    return ", ".join(f"{path} {shown(value)}" for path, value in settings.items())


def headline(report: Mapping[str, Any]) -> str:
    """Whether the search found anything, no stronger than the rows allow."""
    test = report["test"]["difference"]
    if not report["best"]:
        return _("No recipe was better than the one that was given.")
    ahead = test["difference"] * direction(report["primary_metric"]) > 0
    if test["p"] < ALPHA:
        return (
            _("The best recipe is better than the given one.")
            if ahead
            else _("The best recipe is worse than the given one on the test rows.")
        )
    if report["chance"]["p"] >= ALPHA:
        return _("The best recipe came out first, but that may be chance.")
    return _("The best recipe is ahead, but the test rows cannot tell it from the given one.")


def reason(report: Mapping[str, Any]) -> str:
    """The gain on the development rows, what chance would give, and what the test rows say."""
    found, test = report["chance"], report["test"]["difference"]
    if not report["best"]:
        return ngettext(
            "{count} recipe was tried to the end.", "{count} recipes were tried to the end.", found["recipes"]
        ).format(count=number(found["recipes"]))
    metric = metric_name(report["primary_metric"])
    on_dev = _(
        "On the development rows it gains {gain} {metric} over the given recipe. The best of {count} equally "
        "good recipes would gain {expected} there by chance alone ({p} for as much)."
    ).format(
        gain=number(found["gain"], 3), metric=metric, count=number(found["recipes"]),
        expected=number(found["expected"], 3), p=p_told(found["p"]),
    )  # fmt: skip
    on_test = _(
        "On the test rows, which chose nothing, the difference is {difference} [{low}, {high}], {p}."
    ).format(
        **{end: signed(test[end], 3) for end in ("difference", "low", "high")}, p=p_told(test["p"])
    )  # fmt: skip
    return f"{on_dev} {on_test}"


def _beside(measured: Mapping[int, Resampled], best: int) -> dict[str, Any]:
    """The given recipe, the best one, and by how much the best one's metric is greater, paired."""
    return {
        "given": measured[0].interval().plain(),
        "best": measured[best].interval().plain(),
        "difference": measured[best].minus(measured[0]).plain(),
    }
