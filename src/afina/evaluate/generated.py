"""Texts that language models generated, measured against the expected ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .compare import Pair
from .metrics import metrics_of
from .statistics import draws, resample

__all__ = ["compare_texts"]


def compare_texts(
    answers: Mapping[str, Sequence[str]], expected: Sequence[str], kinds: Sequence[str], *, seed: int,
    resamples: int,
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:  # fmt: skip
    """Every model on the same rows and the same resamples of them.

    Args:
        answers: model -> (N,) texts, the trained model last.
        expected: (N,) texts.
        kinds: of metrics of texts.

    Returns:
        model -> metric -> interval; and how the trained model compares with each other one, as pairs on
        ``test``.
    """
    truth = np.array(expected, dtype=object)
    counts = draws(len(truth), resamples, seed)
    measured = {
        (name, kind): resample(metric, truth, np.array(texts, dtype=object), counts)
        for name, texts in answers.items()
        for kind, metric in metrics_of(kinds, multi_label=False).items()
    }
    *others, trained = answers
    pairs = [
        Pair(
            trained, other, "test", kind,
            **measured[trained, kind].minus(measured[other, kind]).plain(), mcnemar_p=None,
        ).plain()
        for other in others
        for kind in kinds
    ]  # fmt: skip
    values = {name: {kind: measured[name, kind].interval().plain() for kind in kinds} for name in answers}
    return values, pairs
