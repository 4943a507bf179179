"""What objectives have in common that learn from rows one by one."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from ..data.batch import collate_texts
from ..data.row import Batch, Row, Tools
from .base import Objective

__all__ = ["RowObjective"]


class RowObjective(Objective, ABC):
    """Base of objectives whose loss is a sum over the rows of a batch, in which each counts its weight."""

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        return collate_texts(rows, tools, numbers)

    def weigh(self, batch: Batch, tools: Tools) -> dict[str, float]:
        return {"rows": float(batch.weights.double().sum())}
