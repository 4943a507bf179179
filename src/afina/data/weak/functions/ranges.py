"""Numbers as labels: which of them stand for which."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pydantic_core import PydanticCustomError

from ....language import _
from ....section import shown

__all__ = ["Ranges", "check_ranges", "label_of"]

Ranges = Mapping[str, tuple[float | None, float | None]]
"""label -> the least and the greatest number that stand for it; None for no end."""


def label_of(number: float, ranges: Ranges) -> str | None:
    """The label that a number stands for, None where it stands for none."""
    return next((label for label, ends in ranges.items() if _low(ends) <= number <= _high(ends)), None)


def check_ranges(ranges: Ranges) -> None:
    """Refuses a range that is empty, and two that hold the same number."""
    ordered = sorted(ranges.items(), key=lambda item: _low(item[1]))
    for label, ends in ordered:
        if _low(ends) > _high(ends):
            raise PydanticCustomError("told", "{error}", {
                "error": _("the range of {label} ends before it begins.").format(label=shown(label)),
            })  # fmt: skip
    for (first, before), (second, after) in zip(ordered, ordered[1:], strict=False):
        if _high(before) >= _low(after):
            raise PydanticCustomError("told", "{error}", {
                "error": _("the ranges of {first} and {second} hold the same numbers.").format(
                    first=shown(first), second=shown(second)
                ),
            })  # fmt: skip


def _low(ends: tuple[float | None, float | None]) -> float:
    return -math.inf if ends[0] is None else ends[0]


def _high(ends: tuple[float | None, float | None]) -> float:
    return math.inf if ends[1] is None else ends[1]
