"""A sweep as one page that opens anywhere, offline and without scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from markupsafe import Markup

from ..evaluate import charts, words
from ..evaluate.page import environment
from ..language import _, current
from ..section import shown

__all__ = ["render"]


def render(report: Mapping[str, Any]) -> str:
    """``sweep.json`` as a page in the current language."""
    upwards = words.direction(report["primary_metric"])
    ended = {"given_up": _("given up"), "failed": _("failed")}
    done = [trial for trial in report["trials"] if trial["dev"]]
    ordered = sorted(done, key=lambda trial: -upwards * trial["score"])
    return (
        environment("afina.decide")
        .get_template("sweep.html.jinja")
        .render(
            report=report, language=current(), metric=words.metric_name(report["primary_metric"]),
            paths=[dimension["path"] for dimension in report["over"]], shown=shown, ended=ended,
            trials=[*ordered, *(trial for trial in report["trials"] if not trial["dev"])],
            over_time=_over_time(report, done, upwards), settings=_settings(report, done),
            seconds=words.duration(report["seconds"]),
        )
    )  # fmt: skip


def _over_time(report: Mapping[str, Any], done: list[Any], upwards: int) -> Markup:
    """Every recipe in the order in which they were tried, the best so far, and what chance would reach."""
    numbers = [trial["number"] + 1 for trial in done]
    best = accumulate((upwards * trial["score"] for trial in done), max)
    corners = [(number, upwards * score) for number, score in zip(numbers, best, strict=True)]
    steps = [corners[0]]
    for before, after in zip(corners, corners[1:], strict=False):
        steps += [(after[0], before[1]), after]
    given = report["dev"]["given"]["value"]
    last = max(trial["number"] for trial in report["trials"]) + 1
    every = max(1, math.ceil(last / 8))
    levels = [(given + upwards * report["chance"]["expected"], _("the best of equally good ones"))]
    return charts.dots(
        [_dot(report, trial, trial["number"] + 1) for trial in done],
        [(n, str(n) if not (n - 1) % every else "") for n in range(1, last + 1)],
        title=_("Recipes in the order in which they were tried"),
        description=_(
            "Each dot is a recipe; the line is the best so far, the dashed one what chance would give."
        ),
        labels=(_("Recipe"), words.metric_name(report["primary_metric"])),
        write=words.number, levels=levels if len(done) > 1 else (), steps=steps,
    )  # fmt: skip


def _settings(report: Mapping[str, Any], done: list[Any]) -> list[Markup]:
    """The metric by each setting that was searched."""
    return [_by(report, dimension, done) for dimension in report["over"]]


def _by(report: Mapping[str, Any], dimension: Mapping[str, Any], done: list[Any]) -> Markup:
    path, metric = dimension["path"], words.metric_name(report["primary_metric"])
    values = [trial["settings"][path] for trial in done]
    if "choices" in dimension:
        known = list(dict.fromkeys([*map(shown, dimension["choices"]), *map(shown, values)]))
        places = [float(known.index(shown(value))) for value in values]
        marks = [(float(place), text) for place, text in enumerate(known)]
    else:
        inside = [dimension["low"], dimension["high"], *values]
        if dimension["log"]:
            places, marks = [math.log10(value) for value in values], _powers(min(inside), max(inside))
        else:
            found = charts.scale(inside, 4)
            places = [float(value) for value in values]
            marks = [(tick, words.number(tick, found.digits)) for tick in found.ticks]
    return charts.dots(
        [_dot(report, trial, place) for trial, place in zip(done, places, strict=True)],
        marks,
        title=_("{metric} by {setting}").format(metric=metric, setting=path),
        description=_("Each dot is a recipe that was trained to the end."),
        labels=(path, metric),
        write=words.number,
    )


def _powers(low: float, high: float) -> list[tuple[float, str]]:
    """Marks at the ends and at the powers of ten between them."""
    inside = range(math.ceil(math.log10(low) + 0.15), math.floor(math.log10(high) - 0.15) + 1)
    ends = (low, *(10.0**power for power in inside), high)
    return [(math.log10(value), f"{value:.3g}") for value in ends]


def _dot(report: Mapping[str, Any], trial: Mapping[str, Any], x: float) -> charts.Dot:
    told = _("Recipe {number}: {value}").format(
        number=trial["number"] + 1, value=words.number(trial["score"], 3)
    )
    return charts.Dot(x, trial["score"], told, marked=trial["number"] == report["best"])
