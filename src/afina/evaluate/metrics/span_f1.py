"""F1 of spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...data.tags import spans
from .of_overlap import OverlapMetric
from .of_tags import TagMetric

__all__ = ["SpanF1"]


class SpanF1(OverlapMetric, TagMetric):
    """Span F1: how many of the spans are found exactly, from the first to the last word, with their label.

    2 TP / (2 TP + FP + FN) over all spans of all sentences, as conlleval counts them (Tjong Kim Sang &
    Buchholz 2000), and 0 where there are none. Where tags are of single words each word is a span, but for O:
    without any O that is the accuracy.
    """

    kind: Literal["span_f1"] = "span_f1"

    def counts(self, true: Sequence[str], said: Sequence[str]) -> Sequence[float]:
        expected, found = set(spans(true)), set(spans(said))
        return len(expected & found), len(expected) + len(found)
