"""Models that answer with a head on the pooled output of their trunk."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from ..adapt import METHODS, Method
from ..data.batch import collate_texts, token_groups
from ..data.clean import Clean
from ..data.render import encode_texts
from ..data.row import Row, Tools
from ..models.load import Model, load, quiet
from ..models.network import VectorNetwork
from .shipped import Shipped

__all__ = ["PooledModel"]

#: Texts that are encoded and sorted by length together when predicting a stream.
CHUNK = 2048
#: Tokens computed at once when predicting, padding included.
BUDGET = 1024


@dataclass(frozen=True)
class PooledModel(Shipped):
    """A trunk that gives one vector a text, and a linear head on it if there is one."""

    network: VectorNetwork
    method: Method | None = None
    """What put something beside the trunk; None where there is nothing."""

    @classmethod
    def made(
        cls, network: Any, tools: Tools, task: Any, details: dict[str, Any], *,
        clean: Clean, method: Method | None,
    ) -> Self:  # fmt: skip
        return cls(network, tools, task, details, clean, method)

    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            yield from self.answers(self.outputs(chunk))

    @abstractmethod
    def answers(self, outputs: NDArray[Any]) -> Iterable[dict[str, Any]]:
        """Outputs (N, C) as what a person is told, one object a row."""

    def rows(self, texts: Sequence[str]) -> list[Row]:
        """The clean texts as rows."""
        cleaned = [self.clean.apply(text)[0] for text in texts]
        return [Row(ids, (), 1.0, cut) for ids, cut in encode_texts(cleaned, self.tools)]

    def outputs(self, texts: Sequence[str]) -> NDArray[Any]:
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

    def evidence(self, texts: Sequence[str], rows: Sequence[Row]) -> NDArray[Any]:
        return self.outputs(texts)

    def save(self, folder: Path) -> dict[str, Any]:
        network, tools = self.network, self.tools
        with quiet():
            network.trunk.save_pretrained(folder)  # type: ignore[operator]
            tools.tokenizer.save_pretrained(folder)
        parts = {"head": network.head, "beside": network.beside}
        for name, part in parts.items():
            held = {} if part is None else part.state_dict()
            if held:
                held = {key: tensor.detach().contiguous() for key, tensor in held.items()}
                save_file(held, folder / f"{name}.safetensors")
        return {
            **self.details,
            "task": self.task.plain(),
            "labels": list(tools.labels),
            "multi_label": tools.multi_label,
            "pooling": network.pooling,
            "max_length": tools.max_length,
            "clean": self.clean.plain(),
            "method": None if self.method is None else self.method.plain(),
        }

    @classmethod
    def read(cls, folder: Path, task: Any, values: Mapping[str, Any]) -> Self:
        known = dict(values)
        clean = Clean.of(known.pop("clean"))
        name, pooling, length = str(folder.resolve()), known.pop("pooling"), known.pop("max_length")
        loaded = load(Model(name=name, pooling=pooling, max_length=length))
        tools = Tools(
            loaded.tokenizer, tuple(known.pop("labels")), loaded.max_length, known.pop("multi_label")
        )
        network = task.network(loaded, tools)
        if network.head.state_dict():
            network.head.load_state_dict(load_file(folder / "head.safetensors"))
        method = None
        if (plain := known.pop("method", None)) is not None:
            method = METHODS.make(plain)
            method.apply(network)
            network.beside.load_state_dict(load_file(folder / "beside.safetensors"))
        network.requires_grad_(False).eval()
        return cls(network, tools, task, known, clean, method)
