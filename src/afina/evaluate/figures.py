"""What each section of the report shows: its figure drawn and its numbers in order, or None without data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from markupsafe import Markup

from ..language import _
from . import charts, words

__all__ = [
    "calibration", "classes", "combination", "comparison", "confusion", "curves", "paired", "pairs_of",
    "scatter",
]  # fmt: skip

#: Up to so many classes the confusion matrix is a table with its counts, and every class is listed at once.
FEW_CLASSES = 12
#: How many confused pairs and how many weak classes are told when there are more.
LISTED = 12


def pairs_of(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The comparisons, each with its ``winner``: ``a``, ``b``, or None where nothing is proven."""
    pairs = []
    for pair in report.get("comparisons", []):
        ahead = (pair["difference"] > 0) != words.lower_is_better(pair["metric"])
        proven = pair["p"] < 0.05
        pairs.append({**pair, "winner": (pair["a"] if ahead else pair["b"]) if proven else None})
    return pairs


def comparison(rows: Sequence[Mapping[str, Any]], primary: str) -> dict[str, Any] | None:
    measured = [row for row in rows if primary in row["metrics"]]
    if len(measured) < 2:
        return None
    ends = [row["metrics"][primary][end] for row in measured for end in ("low", "high")]
    shared = charts.scale(ends)
    strips = {}
    for row in measured:
        interval = row["metrics"][primary]
        title = _("{name}: {value}, between {low} and {high}.").format(
            name=row["name"], **{end: words.number(interval[end], 3) for end in ("value", "low", "high")}
        )
        strips[row["kind"]] = charts.strip(interval, shared, title, marked=row["chosen"])
    return {"rows": measured, "strips": strips, "axis": charts.axis(shared, words.number)}


def paired(report: Mapping[str, Any], primary: str) -> dict[str, Any] | None:
    """How the choice and the trained model compare with the others on test by the primary metric, drawn; and
    every other comparison."""
    pairs = pairs_of(report)
    if not pairs:
        return None
    central = {report["verdict"]["choice"], report["adapt"]}
    first = [
        pair
        for pair in pairs
        if pair["metric"] == primary and pair["split"] == "test" and central & {pair["a"], pair["b"]}
    ]
    shared = charts.scale([0.0, *(pair[end] for pair in first for end in ("low", "high"))])
    for pair in pairs:
        pair["names"] = words.candidate_name(pair["a"]), words.candidate_name(pair["b"])
        pair["outcome"] = (
            _("not told apart")
            if pair["winner"] is None
            else _("better")
            if pair["winner"] == pair["a"]
            else _("worse")
        )
    for pair in first:
        title = _("Difference {difference}, between {low} and {high}.").format(
            **{end: words.signed(pair[end]) for end in ("difference", "low", "high")}
        )
        pair["strip"] = charts.strip(pair, shared, title, marked=pair["winner"] is not None, zero=True)
    return {
        "first": first,
        "others": [pair for pair in pairs if pair not in first],
        "axis": charts.axis(shared, words.signed),
        "with_mcnemar": any(pair["mcnemar_p"] is not None for pair in first),
    }


def curves(report: Mapping[str, Any]) -> list[Markup]:
    """Loss, and the metric on the development rows, against the optimizer step."""
    points = report.get("curves") or []
    best = report.get("best_step")
    mark = None if best is None else (best, _("kept: {step}").format(step=words.number(best)))
    epochs = max((p["epoch"] for p in points if p.get("epoch") is not None), default=None)
    x_label = (
        _("optimizer step")
        if epochs is None
        else _("optimizer step ({epochs} passes over the data)").format(
            epochs=words.number(epochs, int(epochs % 1 > 0))
        )
    )
    metric = words.metric_name(report["primary_metric"])
    panels = [
        (
            _("Loss by optimizer step"),
            [("train_loss", _("training loss"), False), ("dev_loss", _("development loss"), True)],
        ),
        (
            _("{metric} on the development rows by optimizer step").format(metric=metric),
            [("dev_metric", _("development {metric}").format(metric=metric), True)],
        ),
    ]
    drawn = []
    for title, keys in panels:
        series = [
            charts.Series(name, [(p["step"], p[key]) for p in points if p.get(key) is not None], accented)
            for key, name, accented in keys
        ]
        series = [one for one in series if one.points]
        if series:
            ends = "; ".join(
                _("{name}: from {first} to {last}").format(
                    name=one.name,
                    first=words.number(one.points[0][1], 3),
                    last=words.number(one.points[-1][1], 3),
                )
                for one in series
            )
            drawn.append(
                charts.lines(
                    series, title=title, description=ends, x_label=x_label, write=words.number, mark=mark
                )
            )
    return drawn


def combination(report: Mapping[str, Any]) -> Markup | None:
    """The metric against what a combination of weights tried, where that is a number."""
    found = report.get("combination") or {}
    tried = found.get("tried", [])
    setting = next((name for name in tried[0] if name not in ("dev", "test", "also")), "") if tried else ""
    if len(tried) < 2 or isinstance(tried[0][setting], list):
        return None
    metric = words.metric_name(report["primary_metric"])
    series = [
        charts.Series(_("development"), [(one[setting], one["dev"]) for one in tried], True),
        charts.Series(_("test"), [(one[setting], one["test"]["value"]) for one in tried]),
    ]
    for number, path in enumerate(found["also"]):
        points = [(one[setting], one["also"][number]["value"]) for one in tried]
        series.append(charts.Series(PurePath(path).stem[:24], points))
    chosen = found["chosen"][setting]
    return charts.lines(
        series,
        title=_("{metric} of each mixture").format(metric=metric),
        description="; ".join(
            _("{name}: from {first} to {last}").format(
                name=one.name,
                first=words.number(one.points[0][1], 3),
                last=words.number(one.points[-1][1], 3),
            )
            for one in series
        ),
        x_label=setting,
        write=words.number,
        mark=(chosen, _("kept: {step}").format(step=words.number(chosen, 2))),
    )


def confusion(report: Mapping[str, Any]) -> dict[str, Any] | None:
    counts, labels = report.get("confusion"), report.get("labels", [])
    if not counts:
        return None

    def told(i: int, j: int) -> str:
        return _("{true} taken for {predicted}: {count}").format(
            true=labels[i], predicted=labels[j], count=words.number(counts[i][j])
        )

    mistakes = sorted(
        (
            {"true": labels[i], "predicted": labels[j], "count": count, "share": count / sum(row)}
            for i, row in enumerate(counts)
            for j, count in enumerate(row)
            if i != j and count
        ),
        key=lambda pair: -pair["count"],
    )
    small = len(labels) <= FEW_CLASSES
    return {
        "small": small,
        "labels": labels,
        "rows": [(label, row, sum(row)) for label, row in zip(labels, counts, strict=True)],
        "mistakes": mistakes[:LISTED] if len(labels) > 3 else [],
        "map": None
        if small
        else charts.heat_map(
            counts,
            title=_("Confusion matrix"),
            description=_("{classes} classes; {right} of {rows} rows on the diagonal.").format(
                classes=words.number(len(labels)),
                right=words.number(sum(row[i] for i, row in enumerate(counts))),
                rows=words.number(sum(map(sum, counts))),
            ),
            labels=(_("predicted class, by number"), _("true class, by number")),
            told=told,
        ),
    }


def classes(report: Mapping[str, Any]) -> dict[str, Any] | None:
    every = [
        {"number": i, **one}
        for i, one in enumerate(report.get("per_class") or report.get("per_span") or [], 1)
    ]
    if not every:
        return None
    many = len(every) > FEW_CLASSES
    weakest = sorted(every, key=lambda one: one["f1"])[:LISTED] if many else every
    return {"first": weakest, "all": every if many else [], "numbered": many}


def calibration(report: Mapping[str, Any]) -> dict[str, Any] | None:
    measured = report.get("calibration") or {}
    bins = [one for one in measured.get("bins", []) if one["count"]]
    if not bins:
        return None

    def told(one: Mapping[str, Any]) -> str:
        return _("Says {confidence}, is right {accuracy} of the time ({count} answers).").format(
            confidence=words.share(one["confidence"]),
            accuracy=words.share(one["accuracy"]),
            count=words.number(one["count"]),
        )

    chart = charts.reliability(
        bins,
        title=_("Stated probability against share correct"),
        description=" ".join(map(told, bins)),
        labels=(_("probability the model states"), _("share correct"), _("perfect"), _("answers")),
        told=told,
        write=words.number,
    )
    excess = sum(one["count"] * (one["confidence"] - one["accuracy"]) for one in bins)
    return {"value": measured["value"], "chart": chart, "overconfident": excess > 0}


def scatter(report: Mapping[str, Any]) -> dict[str, Any] | None:
    points = report.get("scatter")
    if not points:
        return None
    chart = charts.scatter(
        points,
        title=_("Predicted numbers against the true ones"),
        description=_("{count} test rows.").format(count=words.number(len(points))),
        labels=(_("true number"), _("predicted number"), _("dashed: perfect")),
        write=words.number,
    )
    bias = report["bias"]
    told = (
        _("On average it predicts {value} too much.")
        if bias > 0
        else _("On average it predicts {value} too little.")
    )
    return {"chart": chart, "told": told.format(value=words.number(abs(bias), 3))}
