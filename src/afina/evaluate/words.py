"""Numbers and names as a person reads them, in the current language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data.names import split_name
from ..language import NONE, SPACE, _, number, share
from .metrics import METRICS

__all__ = [
    "NONE",
    "between",
    "candidate_name",
    "changed",
    "direction",
    "duration",
    "lower_is_better",
    "metric_name",
    "metric_told",
    "number",
    "p_told",
    "p_value",
    "severity_name",
    "share",
    "signed",
    "size",
    "split_name",
    "stage_name",
]


def signed(value: float | None, digits: int = 3) -> str:
    """A difference with its sign, ``+0.041``."""
    text = number(value, digits)
    return "+" + text if value is not None and text != NONE and float(f"{value:.{digits}f}") > 0 else text


def between(interval: Mapping[str, Any], digits: int = 3, *, sign: bool = False) -> str:
    """The two ends of an interval: ``0.684 to 0.739``."""
    write = signed if sign else number
    return _("{low} to {high}").format(
        low=write(interval["low"], digits), high=write(interval["high"], digits)
    )


def p_value(value: float | None) -> str:
    """``0.012``, or ``< 0.001``: smaller ones carry no more information."""
    if value is not None and value < 0.001:
        return "<" + SPACE + number(0.001, 3)
    return number(value, 3)


def p_told(value: float | None) -> str:
    """The same inside a sentence: ``p = 0.012``, ``p < 0.001``."""
    text = p_value(value)
    return f"p{SPACE}{text}" if text.startswith("<") else f"p{SPACE}={SPACE}{text}"


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``34 s``, ``2 min 05 s``, ``1 h 12 min``."""
    if seconds is None:
        return NONE
    if seconds < 0.05:
        return "<" + SPACE + number(0.1, 1) + SPACE + "s"
    if seconds < 9.95:
        return number(seconds, 1) + SPACE + "s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{SPACE}s"
    if whole < 3600:
        return f"{whole // 60}{SPACE}min{SPACE}{whole % 60:02d}{SPACE}s"
    minutes = round(seconds / 60)
    return f"{number(minutes // 60)}{SPACE}h{SPACE}{minutes % 60:02d}{SPACE}min"


def size(count: float | None) -> str:
    """Bytes in decimal units: ``87.4 MB``."""
    if count is None:
        return NONE
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return number(value, 1 if unit != "B" and value < 99.95 else 0) + SPACE + unit


def metric_name(kind: str) -> str:
    """A metric as a person calls it; an unknown one keeps its kind."""
    names = {
        "accuracy": _("Accuracy"),
        "macro_f1": _("Macro-F1"),
        "micro_f1": _("Micro-F1"),
        "exact_match": _("Exact match"),
        "log_loss": _("Log loss"),
        "calibration_error": _("Calibration error"),
        "rmse": _("Root mean squared error"),
        "mae": _("Mean absolute error"),
        "r2": "R²",
        "pearson": _("Correlation"),
        "span_f1": _("Span F1"),
        "tag_accuracy": _("Tag accuracy"),
        "perplexity": _("Perplexity"),
        "chrf": "chrF",
        "bleu": "BLEU",
        "rouge_l": "ROUGE-L",
        "exact_answer": _("Exact answer"),
        "ndcg_10": "nDCG@10",
        "mrr_10": "MRR@10",
        "recall_10": _("Recall@{count}").format(count=10),
        "recall_100": _("Recall@{count}").format(count=100),
    }
    return names.get(kind, kind)


def lower_is_better(kind: str) -> bool:
    """Whether a smaller value of the metric is the better one."""
    return kind in METRICS and not METRICS[kind].greater_is_better


def direction(kind: str) -> int:
    """What a value or difference is multiplied by so that greater is better: 1, or -1."""
    return -1 if lower_is_better(kind) else 1


def metric_told(kind: str) -> str:
    """Its name and, where a smaller value is the better one, that it is."""
    return f"{metric_name(kind)} {_('(lower is better)')}" if lower_is_better(kind) else metric_name(kind)


def changed(gain: Mapping[str, Any], kind: str) -> dict[str, float]:
    """An interval of a gain, greater being better, as one of what the metric changes by: an error falls."""
    if not lower_is_better(kind):
        return {end: gain[end] for end in ("value", "low", "high")}
    return {"value": -gain["value"], "low": -gain["high"], "high": -gain["low"]}


def candidate_name(kind: str) -> str:
    """A method or a cheaper alternative as a person calls it; an unknown one keeps its kind.

    ``features+full`` are two trainings, one after the other.
    """
    first, _plus, then = kind.rpartition("+")
    if first:
        return _("{first}, then {second}").format(first=candidate_name(first), second=candidate_name(then))
    names = {
        "untrained": _("The model as it came"),
        "zero_shot": _("Prompt without examples"),
        "few_shot": _("Prompt with examples"),
        "retrieval": _("Prompt with retrieved examples"),
        "documents": _("Prompt with your documents"),
        "majority": _("Most frequent class"),
        "lexicon": _("Sentiment lexicon"),
        "tfidf": _("TF-IDF + logistic regression"),
        "features": _("Frozen features + linear head"),
        "nearest": _("Nearest rows by frozen features"),
        "mean": _("Mean of the training rows"),
        "tfidf_ridge": _("TF-IDF + ridge regression"),
        "word_tags": _("Most frequent tag of each word"),
        "word_shapes": _("Word shapes + logistic regression"),
        "features_ridge": _("Frozen features + ridge regression"),
        "nearest_mean": _("Mean of the nearest rows"),
        "tfidf_search": _("TF-IDF search"),
        "bm25": "BM25",
        "full": _("Full fine-tuning"),
        "top_blocks": _("Fine-tuning of the top blocks"),
        "gradual": _("Gradual unfreezing"),
        "bias": _("Fine-tuning of the biases"),
        "norms": _("Fine-tuning of the norms"),
        "lora": _("LoRA"),
        "ia3": "(IA)³",
        "bottleneck": _("Bottleneck adapters"),
        "prompt": _("Prompt tuning"),
        "prefix": _("Prefix tuning"),
        "peft_any": _("A method of peft"),
        "interpolate": _("Interpolation"),
        "soup": _("Soup"),
        "arithmetic": _("Task arithmetic"),
        "ties": "TIES",
        "dare": "DARE",
        "slerp": "Slerp",
    }
    return names.get(kind, kind)


def stage_name(kind: str) -> str:
    """A stage of a run as a person calls it; an unknown one keeps its kind."""
    names = {
        "data": _("Reading and splitting the data"),
        "audit": _("Auditing the data"),
        "model": _("Loading the model"),
        "teacher": _("What the teacher says"),
        "baselines": _("Cheaper alternatives"),
        "train": _("Training"),
        "evaluate": _("Evaluation"),
        "artifact": _("Writing and checking the model"),
    }
    return names.get(kind, kind)


def severity_name(kind: str) -> str:
    """How serious an audit finding is."""
    names = {"error": _("Error"), "warning": _("Warning"), "note": _("Note")}
    return names.get(kind, kind)
