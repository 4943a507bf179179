"""A model that turns texts into vectors, at work."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..adapt import Method
from ..data.clean import Clean
from ..data.render import encode_texts
from ..data.row import Row
from ..data.search import best
from ..tasks.embed import Embed
from .pooled_model import PooledModel
from .searcher import Searcher

__all__ = ["Embedder"]


@dataclass(frozen=True)
class Embedder(PooledModel, Searcher):
    """Gives each text a ``vector`` of length 1; the nearer two are, the greater their product."""

    task: Embed
    prefix: str = ""
    """What stands before the texts that are given to it."""

    columns: ClassVar[tuple[str, ...]] = ("vector",)

    @classmethod
    def made(
        cls, network: Any, tools: Any, task: Any, details: dict[str, Any], *,
        clean: Clean, method: Method | None,
    ) -> Self:  # fmt: skip
        # What stands before texts is what it was in training, whatever a model's description says later.
        known = {"query_prefix": tools.query_prefix, "document_prefix": tools.document_prefix}
        task = task.model_copy(update=known)
        return cls(network, tools, task, details, clean, method, tools.document_prefix)

    def answers(self, outputs: NDArray[Any]) -> Iterable[dict[str, Any]]:
        return ({"vector": vector} for vector in outputs.tolist())

    def rows(self, texts: Sequence[str]) -> list[Row]:
        cleaned = [self.prefix + self.clean.apply(text)[0] for text in texts]
        return [Row(ids, (), 1.0, cut) for ids, cut in encode_texts(cleaned, self.tools)]

    def search(
        self, questions: Sequence[str], documents: Sequence[str], count: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Scores are cosines, -1 to 1."""
        asked = replace(self, prefix=self.task.query_prefix or "").outputs(questions)
        near = asked @ self.outputs(documents).T
        found = best(near, count)
        return found, np.take_along_axis(near, found, 1)

    def save(self, folder: Path) -> dict[str, Any]:
        """Also as sentence-transformers expects it, which then gives the same vectors."""
        values = super().save(folder)
        parts = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
        modules = [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (path, kind) in enumerate(parts.items())
        ]
        pooling = {"mean": "mean_tokens", "cls": "cls_token", "last": "lasttoken"}
        prompts = {"query": self.task.query_prefix, "document": self.task.document_prefix}
        described = {
            "modules.json": modules,
            "sentence_bert_config.json": {"max_seq_length": self.tools.max_length, "do_lower_case": False},
            "config_sentence_transformers.json": {"prompts": prompts},
            "1_Pooling/config.json": {
                "word_embedding_dimension": self.network.width,
                **{f"pooling_mode_{name}": how == self.network.pooling for how, name in pooling.items()},
            },
        }
        (folder / "2_Normalize").mkdir()
        (folder / "1_Pooling").mkdir()
        for name, value in described.items():
            (folder / name).write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
        return values

    @classmethod
    def read(cls, folder: Path, task: Any, values: Mapping[str, Any]) -> Self:
        model = super().read(folder, task, values)
        return replace(model, prefix=task.document_prefix)
