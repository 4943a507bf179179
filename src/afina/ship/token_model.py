"""What models have in common that read and write tokens, and the folder that they are kept in.

::

    model/
      config.json, model.safetensors, tokenizer.json …   the language model, as transformers expects it
      afina.json                                         the task and its settings
      README.md                                          the card
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from ..adapt import Method
from ..data.batch import token_groups
from ..data.clean import Clean
from ..data.row import Row, Tools
from ..models.load import Model, load, quiet
from ..objectives import OBJECTIVES
from .shipped import Shipped

__all__ = ["TokenModel"]

#: Tokens computed at once when losses are taken, padding included.
BUDGET = 4096
#: Only letters are cleaned, as in training.
LETTERS = Clean(whitespace=False, html=False)


@dataclass(frozen=True)
class TokenModel(Shipped):
    """A network with a pretrained head over the vocabulary, at work."""

    @classmethod
    def made(
        cls, network: Any, tools: Tools, task: Any, details: dict[str, Any], *,
        clean: Clean, method: Method | None,
    ) -> Self:  # fmt: skip
        return cls(network, tools, task, details, LETTERS)

    def evidence(self, texts: Sequence[str], rows: Sequence[Row]) -> NDArray[Any]:
        return self.losses(rows)

    @torch.inference_mode()
    def losses(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """(N, 2): the sum of each row's losses, and of what its tokens count; seen as in an evaluation."""
        objective = OBJECTIVES.make(self.task.objective(self.tools))
        self.network.eval()
        rows = [objective.seen(row, self.tools, (0, 0, number)) for number, row in enumerate(rows)]
        found = np.zeros((len(rows), 2), np.float32)
        for group in token_groups([len(row.ids) for row in rows], range(len(rows)), BUDGET):
            batch = objective.collate([rows[number] for number in group], self.tools, group)
            found[group] = objective.outcome(self.network(**batch.inputs), batch).float().numpy()
        return found

    def save(self, folder: Path) -> dict[str, Any]:
        with quiet():
            self.network.whole.save_pretrained(folder)
            self.tools.tokenizer.save_pretrained(folder)
        about = {"max_length": self.tools.max_length, "system": self.tools.system}
        return {**self.details, "task": self.task.plain(), **about}

    @classmethod
    def read(cls, folder: Path, task: Any, values: Mapping[str, Any]) -> Self:
        known = dict(values)
        model = Model(name=str(folder.resolve()), max_length=known.pop("max_length"))
        loaded = load(model, head=task.head)
        tools = Tools(
            loaded.tokenizer, (), loaded.max_length, start=loaded.start, system=known.pop("system", None)
        )
        network = task.network(loaded, tools)
        network.requires_grad_(False).eval()
        return cls(network, tools, task, known, LETTERS)
