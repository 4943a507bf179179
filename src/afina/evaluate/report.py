"""Every number of a report, as plain values. docs/contract.md says what each key is."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.example import LabelledText, RatedText, TaggedText
from ..data.tags import Span, spans
from .calibration import calibration
from .compare import Comparison
from .confusion import confusion, per_class
from .examples import Judged, judged
from .metrics.base import Labels, Vector
from .metrics.of_tags import tag_pairs

__all__ = ["answers", "compared", "created", "numbers", "tags", "versions"]

#: Packages whose versions can change a number.
_PACKAGES = ("afina", "torch", "transformers", "tokenizers", "numpy", "scikit-learn")

#: Test rows that a scatter plot shows at most.
POINTS = 1000


def compared(comparison: Comparison, trained: str) -> dict[str, Any]:
    """The trained model's metrics, those of the cheaper alternatives, the pairs and the verdict."""
    rows = {row.name: row.plain() for row in comparison.rows}
    own = rows.pop(trained)
    trained_costs = {"seconds": own.pop("seconds"), "size_bytes": own.pop("size_bytes")}
    plain = comparison.plain()
    return {
        "dev": own.pop("dev"),
        "test": own,
        "trained": trained_costs,
        "baselines": rows,
        "comparisons": plain["comparisons"],
        "detectable_difference": plain["detectable_difference"],
        "verdict": plain["verdict"],
    }


def answers(
    predicted: Vector, truth: Vector, examples: Sequence[LabelledText], names: tuple[str, ...], *,
    multi_label: bool, count: int,
) -> dict[str, Any]:  # fmt: skip
    """How the trained model answers the test rows: by class, by probability, and the rows themselves.

    Args:
        predicted: (N, C) probabilities that the trained model gives.
        truth: (N, C) of the test rows.
        examples: the test rows.
        names: the labels.
        multi_label: whether a row may have any number of labels.
        count: how many of the worst and of the best rows.
    """
    labels: Labels = "many" if multi_label else "one"
    worst, best = judged(truth, predicted, labels=labels, count=count)
    values: dict[str, Any] = {
        "per_class": [each.plain() for each in per_class(truth, predicted, names, labels=labels)],
        "worst": [_row(each, examples, names) for each in worst],
        "best": [_row(each, examples, names) for each in best],
    }
    if not multi_label:
        values["confusion"] = confusion(truth, predicted).tolist()
        values["calibration"] = calibration(truth, predicted).plain()
    return values


def numbers(predicted: Vector, truth: Vector, examples: Sequence[RatedText], *, count: int) -> dict[str, Any]:
    """How the trained model tells the numbers of the test rows, and the rows that it misses most.

    Args:
        predicted: (N,) numbers that the trained model tells.
        truth: (N,) of the test rows.
        examples: the test rows.
        count: how many of the largest errors.
    """
    errors = predicted - truth
    order = np.argsort(-abs(errors), kind="stable")[:count].tolist()
    shown = np.linspace(0, len(truth) - 1, min(len(truth), POINTS)).astype(int)
    return {
        "bias": float(errors.mean()),
        "scatter": np.stack([truth, predicted], axis=1)[shown].tolist(),
        "largest_errors": [
            {
                "text": examples[row].text,
                "value": float(truth[row]),
                "predicted": float(predicted[row]),
                "where": str(examples[row].where),
            }
            for row in order
        ],
    }


def tags(
    predicted: NDArray[Any], truth: NDArray[Any], examples: Sequence[TaggedText], *, count: int
) -> dict[str, Any]:
    """How the trained model tags the test rows: by kind of span, and the sentences with the most mistakes.

    Args:
        predicted: (N,) tags of each sentence, as the metrics take them.
        truth: likewise.
        examples: the test rows.
        count: how many sentences.
    """
    pairs = [(set(spans(true)), set(spans(said))) for true, said in tag_pairs(truth, predicted)]
    right, found, expected = (
        Counter(span.label for row in rows for span in row)
        for rows in (
            [true & said for true, said in pairs],
            [said for _true, said in pairs],
            [true for true, _said in pairs],
        )
    )  # fmt: skip
    wrong = [len(true ^ said) for true, said in pairs]
    order = [row for row in np.argsort(-np.array(wrong), kind="stable")[:count].tolist() if wrong[row]]
    return {
        "per_span": [
            {
                "label": label,
                "precision": right[label] / found[label] if found[label] else 0.0,
                "recall": right[label] / expected[label] if expected[label] else 0.0,
                "f1": 2 * right[label] / (found[label] + expected[label]),
                "support": expected[label],
            }
            for label in sorted(found | expected)
        ],
        "mistakes": [
            {
                "text": examples[row].text,
                "missed": _named(pairs[row][0] - pairs[row][1], examples[row].words),
                "added": _named(pairs[row][1] - pairs[row][0], examples[row].words),
                "where": str(examples[row].where),
            }
            for row in order
        ],
    }


def _named(found: Iterable[Span], words: Sequence[str]) -> list[str]:
    """Spans as their words and their labels, in their order."""
    return [f"{' '.join(words[start:end])} ({label})" for start, end, label in sorted(found)]


def versions() -> dict[str, str]:
    """Of Python and of the packages whose versions can change a number."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def created() -> str:
    """Now, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _row(each: Judged, examples: Sequence[LabelledText], names: tuple[str, ...]) -> dict[str, Any]:
    example = examples[each.index]
    return {
        "text": example.text,
        "label": "|".join(names[number] for number in each.truth),
        "predicted": "|".join(names[number] for number in each.predicted),
        "probability": each.probability,
        "where": str(example.where),
    }
