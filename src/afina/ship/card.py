"""The model card: what a stranger who finds the model's folder must know before using it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..evaluate import words
from ..evaluate.page import headline, rank, second
from ..language import _, ngettext

__all__ = ["render"]

#: A class is called weak below this F1, and its value uncertain below so many test rows.
WEAK_F1, FEW_ROWS = 0.6, 30
#: Labels, weak classes and notes beyond so many are counted, not told.
LISTED = 30

#: Kinds of metrics as the model index of Hugging Face names them.
_INDEX_METRICS = {"accuracy": "accuracy", "exact_match": "exact_match", "macro_f1": "f1", "micro_f1": "f1"}

#: Tasks as Hugging Face names them.
_PIPELINES = {
    "generate": "text-generation", "fill_mask": "fill-mask", "translate": "translation",
    "tag": "token-classification", "embed": "sentence-similarity", "rank": "text-ranking",
}  # fmt: skip

#: Commands that use a model.
_USES = ("afina predict", "afina search")

#: SPDX identifiers whose lower case is the Hugging Face identifier of the same licence.
_LICENCES = {
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "unlicense", "mpl-2.0", "gpl-3.0", "lgpl-3.0",
    "agpl-3.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "gemma",
    "openrail",
}  # fmt: skip


def render(report: Mapping[str, Any], *, base_model: str, licence: str) -> str:
    """README.md of the model's folder, in the current language, with Hugging Face front matter.

    Args:
        report: as in report.json. ``pooling`` and ``data_language``, where known, give the snippet for plain
            transformers and the language tag.
        base_model: what was fine-tuned, as the person named it.
        licence: of the base model, as an SPDX identifier or in words; empty where it is unknown.
    """
    known = licence.lower() in _LICENCES
    language = report.get("data_language")
    data = (report.get("recipe") or {}).get("data") or {}
    pairs = data.get("pair") is not None
    view = {
        "report": report,
        "base_model": base_model,
        # A folder's path or an address in a package index is no identifier of the hub.
        "hub_model": base_model if re.fullmatch(r"[\w-]+(\.[\w-]+)*(/[\w.-]+)?", base_model) else None,
        "license": licence.lower() if known else "other" if licence else "unknown",
        "license_name": None if known or not licence else licence,
        "licence": licence,
        "language": None if language == "und" else language,
        "headline": headline(report),
        "rows": rank(report),
        "primary": report["primary_metric"],
        "tested": _tested(report),
        "second": second(report),
        "pipeline": _PIPELINES.get(report["task"], "text-classification"),
        "system": report.get("system"),
        "seq2seq": report.get("head") == "seq2seq",
        "dataset": Path(data.get("path") or report["name"]).name,
        "indexed": {kind: name for kind, name in _INDEX_METRICS.items() if kind in report["test"]},
        "labels": [_code(label) for label in report["labels"]],
        "listed": LISTED,
        "limits": _limits(report),
        "commands": [line for line in report.get("next", []) if line.startswith(_USES)],
        "pairs": pairs,
        "pooling": report.get("pooling") if report["task"] in ("classify", "regress") and not pairs else None,
    }
    return _environment().get_template("card.md.jinja").render(view)


@cache
def _environment() -> Environment:
    # The card is Markdown: labels stand in code spans, which nothing can leave, and sentences are escaped.
    environment = Environment(
        loader=PackageLoader("afina.ship"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(_=_, ngettext=ngettext, words=words)
    environment.filters.update(yaml=_yaml, code=_code, prose=_prose)
    return environment


def _yaml(value: object) -> str:
    """A value as YAML of any version reads it: its JSON, without the characters that YAML forbids."""
    forbidden = r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
    return re.sub(forbidden, lambda m: f"\\u{ord(m[0]):04x}", json.dumps(value, ensure_ascii=False))


def _code(text: str) -> str:
    """A text as a Markdown code span on one line, whatever backticks and bars it holds."""
    flat = " ".join(str(text).split()).replace("|", "¦")
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    edge = " " if flat[:1] == "`" or flat[-1:] == "`" else ""
    return f"{fence}{edge}{flat}{edge}{fence}"


def _prose(text: str) -> str:
    """A sentence on one line in which nothing is markup."""
    return re.sub(r"([\\`*_\[\]<>#|~$&])", r"\\\1", " ".join(text.split()))


def _limits(report: Mapping[str, Any]) -> list[str]:
    """What the numbers do not say or say badly of, one sentence each."""
    return [*_sampling(report), *_weak(report.get("per_class") or []), *_doubts(report)]


def _tested(report: Mapping[str, Any]) -> int:
    """How many test rows everything is measured on."""
    rows: int = report.get("measured", report["rows"])["test"]
    return rows


def _sampling(report: Mapping[str, Any]) -> list[str]:
    rows, interval = _tested(report), report["test"][report["primary_metric"]]
    told = [
        _(
            "It was tested on {rows} rows of the same source as the training data: on other texts it may do "
            "worse. So many rows tell only that its {metric} lies between {low} and {high} (95 % interval)."
        ).format(
            rows=words.number(rows),
            metric=words.metric_name(report["primary_metric"]),
            low=words.number(interval["low"], 3),
            high=words.number(interval["high"], 3),
        )
    ]
    if report.get("detectable_difference") is not None:
        told.append(
            _(
                "Differences in accuracy below about {difference} would go unnoticed with these test rows."
            ).format(difference=words.number(report["detectable_difference"], 3))
        )
    return told


def _weak(classes: Sequence[Mapping[str, Any]]) -> list[str]:
    told = []
    weak = sorted((one for one in classes if one["f1"] < WEAK_F1), key=lambda one: one["f1"])
    if weak:
        told.append(
            ngettext(
                "One class is weakly recognised (F1 below {limit}): {names}.",
                "{count} classes are weakly recognised (F1 below {limit}): {names}.",
                len(weak),
            ).format(count=len(weak), limit=words.number(WEAK_F1, 1), names=_names(weak))
        )
    rare = [one for one in classes if one["support"] < FEW_ROWS]
    if rare:
        told.append(
            ngettext(
                "One class has fewer than {limit} test rows, so that its values are uncertain: {names}.",
                "{count} classes have fewer than {limit} test rows, so that their values are uncertain: "
                "{names}.",
                len(rare),
            ).format(count=len(rare), limit=FEW_ROWS, names=_names(rare))
        )
    return told


def _doubts(report: Mapping[str, Any]) -> list[str]:
    told = []
    suspected = len(report.get("label_errors") or [])
    if suspected:
        told.append(
            ngettext(
                "At least one label of the training data looks wrong (listed in the report); what is "
                "wrong in the data is learnt.",
                "At least {count} labels of the training data look wrong (listed in the report); what is "
                "wrong in the data is learnt.",
                suspected,
            ).format(count=suspected)
        )
    error = (report.get("calibration") or {}).get("value")
    if error is not None:
        told.append(
            _(
                "Its probabilities differ from the share of right answers by {error} on average (expected "
                "calibration error)."
            ).format(error=words.number(error, 3))
        )
    serious = [one["message"] for one in report.get("audit") or [] if one["severity"] in ("error", "warning")]
    return told + [_("Audit of the data: {finding}").format(finding=_prose(message)) for message in serious]


def _names(classes: Sequence[Mapping[str, Any]]) -> str:
    names = ", ".join(
        _("{label} ({f1}, {rows} rows)").format(
            label=_code(one["label"]), f1=words.number(one["f1"], 2), rows=words.number(one["support"])
        )
        for one in classes[:LISTED]
    )
    return names if len(classes) <= LISTED else names + ", …"
