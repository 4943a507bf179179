"""Models that answer with a head on the pooled output of their trunk."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from ..data.batch import collate_texts, token_groups
from ..data.render import encode_texts
from ..data.row import Row
from ..models.network import VectorNetwork
from .head_model import BUDGET, CHUNK, HeadModel

__all__ = ["CHUNK", "PooledModel"]


@dataclass(frozen=True)
class PooledModel(HeadModel):
    """A trunk that gives one vector a text, and a linear head on it if there is one."""

    network: VectorNetwork

    def stream(self, texts: Iterable[Any]) -> Iterator[dict[str, Any]]:
        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            yield from self.answers(self.outputs(chunk))

    @abstractmethod
    def answers(self, outputs: NDArray[Any]) -> Iterable[dict[str, Any]]:
        """Outputs (N, C) as what a person is told, one object a row."""

    def rows(self, texts: Sequence[Any]) -> list[Row]:
        """The clean texts as rows."""
        cleaned = [self.clean.apply(text)[0] for text in texts]
        return [Row(ids, (), 1.0, cut) for ids, cut in encode_texts(cleaned, self.tools)]

    def outputs(self, texts: Sequence[Any]) -> NDArray[Any]:
        """(N, C): what the task makes of the network's scores."""
        return self.of_rows(self.rows(texts))

    @torch.inference_mode()
    def of_rows(self, rows: Sequence[Row]) -> NDArray[Any]:
        """The same of rows."""
        self.network.eval()
        lengths = [len(row.ids) for row in rows]
        scores = torch.empty(len(rows), self.network.outputs)
        for group in token_groups(lengths, range(len(rows)), BUDGET):
            batch = collate_texts([rows[number] for number in group], self.tools, group)
            scores[group] = self.network(**batch.inputs).float()
        found: NDArray[Any] = self.task.outputs(scores, self.tools)
        return found

    def evidence(self, texts: Sequence[Any], rows: Sequence[Row]) -> NDArray[Any]:
        return self.outputs(texts)

    def save(self, folder: Path) -> dict[str, Any]:
        return {**super().save(folder), "pooling": self.network.pooling}
