"""Mean absolute error."""

from __future__ import annotations

from typing import Literal

from .of_numbers import ErrorMetric

__all__ = ["MeanAbsoluteError"]


class MeanAbsoluteError(ErrorMetric):
    """Mean absolute error: how far off the numbers are on average, in their own unit."""

    kind: Literal["mae"] = "mae"
