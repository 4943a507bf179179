"""The ladder as one page that can be shown to anybody: self-contained, without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..evaluate import charts, words
from ..evaluate.compare import ALPHA
from ..evaluate.page import environment
from ..language import _, current

__all__ = ["headline", "other_metric", "render"]

#: Seconds that stand on the axis of costs for less: they are told apart by nothing.
INSTANT = 0.01


def render(told: Mapping[str, Any]) -> str:
    """``ladder.json`` as a page in the current language."""
    return environment("afina.decide").get_template("ladder.html.jinja").render(
        told=told, language=current(), headline=headline(told), rows=_rows(told), trade=_trade(told),
        curve=_curve(told), metric=words.metric_name(told["decided_by"]), out=_left_out(told),
        other=other_metric(told),
    )  # fmt: skip


def headline(told: Mapping[str, Any]) -> str:
    """The advice in one sentence."""
    name = words.candidate_name(told["choice"])
    if told["fine_tune"]:
        return _("Fine-tuning is worth it: {choice}.").format(choice=name)
    if told["reason"]["code"] == "out_of_reach":
        return _("Do not fine-tune: these rows do not teach what is asked.")
    if told["reason"]["code"] == "too_few_rows":
        return _("Do not fine-tune yet: there are too few rows.")
    return _("Do not fine-tune: {choice} is enough.").format(choice=name)


def other_metric(told: Mapping[str, Any]) -> str | None:
    """Where texts were generated: of the two metrics that can decide, the one that did not."""
    if told["texts"] is None:
        return None
    known = (told["primary_metric"], told["texts"]["metric"])
    return next(str(metric) for metric in known if metric != told["decided_by"])


def _tried(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [rung for rung in told["rungs"] if rung["left_out"] is None]


def _rows(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ways that were tried, numbered as in the plot."""
    rows = []
    for number, rung in enumerate(_tried(told), 1):
        beside = rung["comparisons"][0] if rung["comparisons"] else None
        rows.append(
            {
                **rung,
                "number": number,
                "title": words.candidate_name(rung["name"]),
                "chosen": rung["name"] == told["choice"],
                "interval": rung["metrics"][told["decided_by"]],
                "beside": beside,
                "worse": beside is not None and beside["p_holm"] < ALPHA,
            }
        )
    return rows


def _left_out(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**rung, "title": words.candidate_name(rung["name"])}
        for rung in told["rungs"]
        if rung["left_out"] is not None
    ]


def _trade(told: Mapping[str, Any]) -> Markup:
    metric = words.metric_name(told["decided_by"])
    points = []
    for row in _rows(told):
        title = _("{name}: {metric} {value}, {seconds}").format(
            name=row["title"], metric=metric, value=words.number(row["interval"]["value"], 3),
            seconds=words.duration(row["seconds"]),
        )  # fmt: skip
        cost = max(row["seconds"], INSTANT)
        points.append(
            {
                **row["interval"],
                "cost": cost,
                "number": row["number"],
                "title": title,
                "marked": row["chosen"],
            }
        )
    return charts.trade(
        points,
        title=_("Quality against cost"),
        description="; ".join(point["title"] for point in points),
        labels=(_("time to learn, each step ten times as long"), words.metric_told(told["decided_by"])),
        write=words.number,
        told=_ticked,
    )


def _ticked(seconds: float) -> str:
    return words.duration(seconds) if seconds >= 0.1 else words.number(seconds, 2) + "\N{NO-BREAK SPACE}s"


def _curve(told: Mapping[str, Any]) -> Markup | None:
    found = told["learning_curve"]
    if found is None:
        return None
    points = found["points"]
    a, b, c = (found["curve"][name] for name in "abc")
    first, last = points[0]["rows"], found["doubled"]["rows"]
    places = [first * (last / first) ** (step / 40) for step in range(41)]
    metric = words.metric_name(told["primary_metric"])
    rows = words.number(points[-1]["rows"])
    return charts.lines(
        [
            charts.Series(_("measured"), [(one["rows"], one["value"]) for one in points], True),
            charts.Series(_("power law"), [(x, a - b * x**-c) for x in places]),
        ],
        title=_("Learning curve"),
        description=_("{metric} of a linear head on the frozen model by the number of training rows").format(
            metric=metric
        ),
        x_label=_("training rows"),
        write=words.number,
        mark=(points[-1]["rows"], _("all {rows} rows").format(rows=rows)),
    )
