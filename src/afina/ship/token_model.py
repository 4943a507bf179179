"""What models have in common that read and write tokens, and the folder that they are kept in.

::

    model/
      config.json, model.safetensors, tokenizer.json …   the language model, as transformers expects it
      afina.json                                         the task and its settings
      README.md                                          the card
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.batch import token_groups
from ..data.clean import Clean
from ..data.row import Row, Tools
from ..models.load import Model, load, quiet
from ..objectives import OBJECTIVES

__all__ = ["TokenModel"]

#: Tokens computed at once when losses are taken, padding included.
BUDGET = 4096


@dataclass(frozen=True)
class TokenModel(ABC):
    """A network with a pretrained head over the vocabulary, at work. Made by :func:`afina.load`."""

    network: Any
    tools: Tools
    task: Any
    details: dict[str, Any]
    """What afina.json says beside: base model, licence, language."""

    columns: ClassVar[tuple[str, ...]]
    """What :meth:`stream` adds to a row of a table."""

    @property
    def clean(self) -> Clean:
        """Only letters are cleaned, as in training."""
        return Clean(whitespace=False, html=False)

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One object a text."""
        return list(self.stream(texts))

    @abstractmethod
    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The same in the order of the texts."""

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
        """Writes weights and tokenizer, and gives what afina.json has to say."""
        with quiet():
            self.network.whole.save_pretrained(folder)
            self.tools.tokenizer.save_pretrained(folder)
        return {**self.details, "task": self.task.plain(), "max_length": self.tools.max_length}

    @classmethod
    def read(cls, folder: Path, task: Any, values: Mapping[str, Any]) -> Self:
        """The model in a folder that :meth:`save` wrote; ``values`` are those of afina.json."""
        known = dict(values)
        model = Model(name=str(folder.resolve()), max_length=known.pop("max_length"))
        loaded = load(model, head=task.head)
        tools = Tools(loaded.tokenizer, (), loaded.max_length)
        network = task.network(loaded, tools)
        network.requires_grad_(False).eval()
        return cls(network, tools, task, known)
