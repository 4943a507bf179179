"""Models that answer with a new head on their trunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from safetensors.torch import save_file

from ..adapt import METHODS, Method
from ..data.clean import Clean
from ..data.row import Tools
from ..models.load import Model, load, quiet
from ..models.weights import load_part
from .shipped import Shipped

__all__ = ["BUDGET", "CHUNK", "HeadModel"]

#: Texts that are encoded and sorted by length together when predicting a stream.
CHUNK = 2048
#: Tokens computed at once when predicting, padding included.
BUDGET = 1024


@dataclass(frozen=True)
class HeadModel(Shipped):
    """A trunk, and a linear head on it if there is one."""

    method: Method | None = None
    """What put something beside the trunk; None where there is nothing."""

    #: What is kept of the tools, beside the tokenizer.
    kept: ClassVar[tuple[str, ...]] = ("labels", "multi_label", "max_length")

    @classmethod
    def made(
        cls, network: Any, tools: Tools, task: Any, details: dict[str, Any], *,
        clean: Clean, method: Method | None,
    ) -> Self:  # fmt: skip
        return cls(network, tools, task, details, clean, method)

    def save(self, folder: Path) -> dict[str, Any]:
        network, tools = self.network, self.tools
        with quiet():
            network.trunk.save_pretrained(folder)
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
            **{name: getattr(tools, name) for name in self.kept},
            "clean": self.clean.plain(),
            "method": None if self.method is None else self.method.plain(),
        }

    @classmethod
    def read(cls, folder: Path, task: Any, values: Mapping[str, Any]) -> Self:
        known = dict(values)
        clean = Clean.of(known.pop("clean"))
        held = {name: known.pop(name) for name in cls.kept}
        name, pooling = str(folder.resolve()), known.pop("pooling", "auto")
        loaded = load(Model(name=name, pooling=pooling, max_length=held["max_length"]))
        tools = Tools(loaded.tokenizer, **{**held, "labels": tuple(held["labels"])})
        network = task.network(loaded, tools)
        if network.head.state_dict():
            load_part(network.head, folder / "head.safetensors")
        method = None
        if (plain := known.pop("method", None)) is not None:
            method = METHODS.make(plain)
            method.apply(network)
            load_part(network.beside, folder / "beside.safetensors")
        network.requires_grad_(False).eval()
        return cls(network, tools, task, known, clean, method)
