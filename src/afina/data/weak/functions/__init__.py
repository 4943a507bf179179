"""Labelling functions: whatever gives labels to rows, though not always and not always the right one.

One more, ``model``, joins from a layer that knows models: :mod:`afina.ship.labelling`.
"""

from __future__ import annotations

from ....table import Table
from .base import LabellingFunction, Rows
from .column import Column
from .dictionary import Dictionary
from .keywords import Keywords
from .python import Python
from .regex import Regex

__all__ = ["LABELLING_FUNCTIONS", "LabellingFunction", "Rows"]

LABELLING_FUNCTIONS: Table[LabellingFunction] = Table(
    "labelling function",
    LabellingFunction,  # type: ignore[type-abstract]
    [Keywords, Regex, Dictionary, Column, Python],
)
