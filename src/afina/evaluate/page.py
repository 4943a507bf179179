"""The report of a run as one HTML page that opens anywhere, offline.

Nothing is loaded from elsewhere and no script runs: the page forbids both to itself by its content security
policy, so that not even a text of the data that slipped through could do it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from ruamel.yaml import YAML

from ..language import _, current, ngettext
from . import charts, figures, words
from .metrics import METRICS, TextMetric

__all__ = ["environment", "headline", "rank", "render", "second"]

#: Characters of an example that are shown at once, that hide behind them, and that make hiding worth it.
SHOWN, HIDDEN, SPARE = 320, 8000, 100
#: Tokens of a training row that are shown.
TOKENS = 400


def render(report: Mapping[str, Any]) -> str:
    """``report.json`` as a page in the current language. Sections without data are left out."""
    return environment().get_template("report.html.jinja").render(_view(report))


@cache
def environment(*packages: str) -> Environment:
    """Where pages are made: the templates of these packages, and those of reports."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "afina.evaluate")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(_=_, ngettext=ngettext, words=words)
    made.filters.update(breakable=_breakable, folded=_folded)
    return made


def rank(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every candidate with its results, cheapest first, the trained model last.

    Returns:
        dicts of ``kind``, ``name``, ``metrics`` {metric: interval} on test, ``seconds``, ``size_bytes``,
        ``chosen`` and ``trained``.
    """
    trained = {**report["test"], **report.get("trained", {})}
    choice = report["verdict"]["choice"]
    return [
        {
            "kind": kind,
            "name": words.candidate_name(kind),
            "metrics": {m: v for m, v in values.items() if m != "dev" and isinstance(v, Mapping)},
            "seconds": values.get("seconds"),
            "size_bytes": values.get("size_bytes"),
            "chosen": kind == choice,
            "trained": values is trained,
        }
        for kind, values in [*report["baselines"].items(), (report["adapt"], trained)]
    ]


def second(report: Mapping[str, Any]) -> str | None:
    """The metric that stands beside the primary one, if any does."""
    kinds = ("exact_match", "accuracy", "r2", "tag_accuracy")
    return next((kind for kind in kinds if kind in report["test"]), None)


def headline(report: Mapping[str, Any]) -> str:
    """The verdict in one sentence, no stronger than the test split allows."""
    verdict, primary = report["verdict"], report["primary_metric"]
    names = {key: words.candidate_name(verdict[key]) for key in ("choice", "best")}
    if not verdict["confirmed"]:
        return _("{choice} seemed to be enough, but on the test rows {best} is better.").format(**names)
    rivals = [row for row in rank(report) if not row["chosen"] and primary in row["metrics"]]
    if verdict["choice"] != report["adapt"]:
        return _("{choice} is enough: nothing that costs more is provably better.").format(**names)
    if not rivals:
        return _("{choice} was compared with nothing cheaper.").format(**names)
    rival = max(rivals, key=lambda row: words.direction(primary) * row["metrics"][primary]["value"])
    for pair in figures.pairs_of(report):
        both = {pair["a"], pair["b"]} == {verdict["choice"], rival["kind"]}
        if both and pair["split"] == "test" and pair["metric"] == primary:
            if pair["winner"] == verdict["choice"]:
                return _("{choice} is worth its cost.").format(**names)
            return _("{choice} came out first, but the test rows cannot tell it from {rival}.").format(
                rival=rival["name"], **names
            )
    return _("{choice} came out first.").format(**names)


def _view(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows: the report with its figures drawn. Names of sections without data are None."""
    rows, primary = rank(report), report["primary_metric"]
    view = {
        "report": report,
        "language": current(),
        "headline": headline(report),
        "rows": rows,
        "chosen": next((row for row in rows if row["chosen"]), rows[-1]),
        "metrics": list(dict.fromkeys(metric for row in reversed(rows) for metric in row["metrics"])),
        "primary": primary,
        "comparison": figures.comparison(rows, primary),
        "pairs": figures.paired(report, primary),
        "curves": figures.curves(report),
        "combination": figures.combination(report),
        "confusion": figures.confusion(report),
        "classes": figures.classes(report),
        "calibration": figures.calibration(report),
        "scatter": figures.scatter(report),
        "recipe": _yaml(report["recipe"]) if report.get("recipe") else None,
        "costs": _costs(report),
        "circumstances": _circumstances(report),
        "machine": _machine(report.get("machine", {})),
        "bar": charts.bar,
        "labels_of": _labels,
        "text_metrics": ", ".join(
            words.metric_name(kind)
            for kind in report["test"]
            if kind in METRICS and issubclass(METRICS[kind], TextMetric)
        ),
        "forgotten": _forgotten(report["forgetting"]) if report.get("forgetting") else None,
        "learnt_tokens": _learnt_tokens,
    }
    return {**view, "sections": _sections(report, view)}


def _sections(report: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, str]:
    """id -> heading of every section that has data, in order."""
    known = {
        "comparison": (_("Comparison"), view["comparison"]),
        "metrics": (_("Every metric"), view["metrics"]),
        "pairs": (_("Are the differences real?"), view["pairs"]),
        "training": (_("How training went"), view["curves"]),
        "before": (_("What came before"), report.get("before")),
        "combination": (_("Which mixture is best"), view["combination"]),
        "confusion": (_("What is taken for what"), view["confusion"]),
        "classes": (_("Span by span") if report.get("per_span") else _("Class by class"), view["classes"]),
        "calibration": (_("Can its probabilities be trusted?"), view["calibration"]),
        "scatter": (_("Predicted and true numbers"), view["scatter"]),
        "answers": (_("Before and after"), report.get("answers")),
        "searches": (_("Questions that it serves worst"), report.get("searches")),
        "forgetting": (_("What it forgot"), report.get("forgetting")),
        "learnt": (_("What is learnt"), report.get("learnt")),
        "worst": (_("Worst mistakes"), report.get("worst")),
        "largest-errors": (_("Largest errors"), report.get("largest_errors")),
        "mistakes": (_("Sentences with the most mistakes"), report.get("mistakes")),
        "best": (_("Best answers"), report.get("best")),
        "weak": (_("Where the labels come from"), report.get("weak")),
        "label-errors": (_("Labels to look at again"), report.get("label_errors")),
        "audit": (_("Audit of the data"), "audit" in report),
        "notes": (_("What was guessed"), report.get("notes")),
        "cost": (_("What it cost"), view["costs"]),
        "recipe": (_("Recipe"), view["recipe"]),
        "reproduce": (_("How to reproduce it"), report.get("reproduce")),
        "use": (_("How to use the model"), report.get("next")),
    }
    return {key: title for key, (title, data) in known.items() if data}


def _costs(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the run took: time by stage, memory, speed, parameters."""
    told = [(words.stage_name(stage), words.duration(s)) for stage, s in report.get("seconds", {}).items()]
    if report.get("peak_memory_bytes") is not None:
        told.append((_("Most memory in use"), words.size(report["peak_memory_bytes"])))
    if report.get("tokens_per_second") is not None:
        speed = _("{count} tokens a second").format(count=words.number(report["tokens_per_second"]))
        if report.get("padding") is not None:
            speed += ", " + _("{share} of them padding").format(share=words.share(report["padding"], 1))
        told.append((_("Speed of training"), speed))
    if report.get("parameters"):
        counts = {key: words.number(count) for key, count in report["parameters"].items()}
        told.append((_("Parameters"), _("{trainable} trained of {total}").format(**counts)))
    return told


def _circumstances(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a second run needs in order to give the same numbers."""
    told = []
    if report.get("seed") is not None:
        told.append((_("Seed"), str(report["seed"])))
    if report.get("machine"):
        told.append((_("Machine"), _machine(report["machine"])))
    if report.get("versions"):
        told.append((_("Versions"), ", ".join(f"{name} {v}" for name, v in report["versions"].items())))
    prints = report.get("fingerprints") or {}
    names = {"data": _("Fingerprint of the data"), "model": _("Fingerprint of the base model")}
    return told + [(names.get(key, key), value) for key, value in prints.items()]


def _machine(facts: Mapping[str, Any]) -> str:
    """The machine in a few words: ``cpu, 2 cores, float32, 8.2 GB``."""
    told = [str(facts[key]) for key in ("device",) if facts.get(key)]
    if facts.get("cores"):
        told.append(ngettext("{count} core", "{count} cores", facts["cores"]).format(count=facts["cores"]))
    if facts.get("memory_bytes"):
        told.append(_("{size} of memory").format(size=words.size(facts["memory_bytes"])))
    return ", ".join(told)


def _breakable(label: str) -> Markup:
    """A label that may be broken after its underscores, hyphens, dots and slashes."""
    parts = re.split(r"(?<=[_/.-])", label)
    return Markup("<wbr>").join(parts)


def _folded(text: str) -> tuple[str, str]:
    """A text as what is shown at once and what is opened, parted between words."""
    if len(text) <= SHOWN + SPARE:
        return text, ""
    end = text.rfind(" ", SHOWN // 2, SHOWN)
    start = text[: end if end > 0 else SHOWN]
    rest = text[len(start) :]
    return start, rest if len(rest) <= HIDDEN else rest[:HIDDEN] + "…"


def _forgotten(found: Mapping[str, Any]) -> str:
    """Whether general texts are harder for the model than before, in one sentence."""
    if found["p"] >= 0.05:
        return _("It is not proven that training changed how well the model goes on with other texts.")
    if found["difference"] > 0:
        return _("On other texts the model has become worse.")
    return _("On other texts the model has become better.")


def _learnt_tokens(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The first tokens of a row, and how much each counts."""
    return list(zip(row["tokens"], row["counts"], strict=True))[:TOKENS]


def _labels(value: str | Sequence[str] | None) -> str:
    """One label, or those of a multi-label row."""
    if value is None or isinstance(value, str):
        return value or words.NONE
    return ", ".join(value) or _("(no label)")


def _yaml(values: Mapping[str, Any]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    written = io.StringIO()
    yaml.dump(dict(values), written)
    return written.getvalue()
