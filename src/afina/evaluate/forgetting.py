"""What training costs in general: the perplexity of texts that are not of the domain, before and after."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.conversation import PlainText
from ..data.example import Where
from ..models.source import resolve
from .metrics import METRICS
from .statistics import draws, resample

__all__ = ["general_texts", "perplexities"]

#: Where the texts come from: editorials of a newspaper, whose sentences were rated one by one.
_SOURCE = "vader-reviews"
#: How many editorials are read: some ten sentences each.
_COUNT = 32


def general_texts() -> tuple[PlainText, ...]:
    """The first editorials, whole. Raises ModelError where the package cannot be had."""
    path = resolve(_SOURCE).folder / "nytEditorialSnippets_GroundTruth.txt"
    rows = [line.split("\t", 2) for line in path.read_text(encoding="utf-8").splitlines()]
    numbered = [(name.partition("_")[0], text) for name, _rating, text in rows]
    texts = [
        " ".join(text for _number, text in group) for _number, group in groupby(numbered, lambda row: row[0])
    ]
    return tuple(
        PlainText(where=Where(path.name, number), text=text) for number, text in enumerate(texts[:_COUNT], 1)
    )


def perplexities(before: NDArray[Any], after: NDArray[Any], *, seed: int, resamples: int) -> dict[str, Any]:
    """Perplexity of the same rows before training and after, and how much it rose, paired.

    Args:
        before: (N, 2) each row's sum of losses, and of what its tokens count.
        after: (N, 2) likewise.
    """
    metric, nothing = METRICS.make("perplexity"), np.zeros_like(before)
    counts = draws(len(before), resamples, seed)
    first, last = (resample(metric, nothing, losses, counts) for losses in (before, after))
    return {
        "rows": len(before),
        "before": first.interval().plain(),
        "after": last.interval().plain(),
        **last.minus(first).plain(),
    }
