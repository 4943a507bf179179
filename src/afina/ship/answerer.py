"""A language model at work, and the folder that it is kept in.

::

    model/
      config.json, model.safetensors, tokenizer.json …   the language model, as transformers expects it
      afina.json                                         the task and its settings
      README.md                                          the card
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.batch import token_groups
from ..data.chat import prompt_ids
from ..data.clean import Clean
from ..data.conversation import Message, with_system
from ..data.row import Row, Tools
from ..models.generate import generate
from ..models.language_model import LanguageModel
from ..models.load import Model, load, quiet
from ..objectives.next_token import NextToken
from ..tasks.generate import GenerateText

__all__ = ["Answerer"]

#: Questions that are answered together when answering a stream.
CHUNK = 64
#: Tokens computed at once when losses are taken, padding included.
BUDGET = 4096


@dataclass(frozen=True)
class Answerer:
    """A language model that answers as it was trained to. Made by :func:`afina.load`."""

    network: LanguageModel
    tools: Tools
    task: GenerateText
    details: dict[str, Any]
    """What afina.json says beside: base model, licence, language."""

    #: What :meth:`stream` adds to a row of a table.
    columns: ClassVar[tuple[str, ...]] = ("answer",)

    @property
    def clean(self) -> Clean:
        """Of what is asked, only letters are cleaned, as in training."""
        return Clean(whitespace=False, html=False)

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One object a text, with its ``answer``."""
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answers in the order of the texts, some texts at a time."""
        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            asked = [[Message("user", self.clean.apply(text)[0])] for text in chunk]
            yield from ({"answer": answer} for answer in self.reply(asked))

    def reply(self, conversations: Sequence[Sequence[Message]], seed: int = 0) -> list[str]:
        """The assistant's next turn in each conversation."""
        ids = [prompt_ids(with_system(talk, self.task.system), self.tools) for talk in conversations]
        return generate(self.network, self.tools.tokenizer, ids, self.task.answers, seed)

    @torch.inference_mode()
    def losses(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """(N, 2): the sum of each row's losses, and of what its tokens count."""
        objective = NextToken()
        self.network.eval()
        found = np.zeros((len(rows), 2), np.float32)
        lengths = [len(row.ids) for row in rows]
        for group in token_groups(lengths, range(len(rows)), BUDGET):
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
    def read(cls, folder: Path, task: GenerateText, values: Mapping[str, Any]) -> Answerer:
        """The model in a folder that :meth:`save` wrote; ``values`` are those of afina.json."""
        known = dict(values)
        model = Model(name=str(folder.resolve()), max_length=known.pop("max_length"))
        loaded = load(model, head="causal")
        network = LanguageModel(loaded.whole)
        network.requires_grad_(False).eval()
        return cls(network, Tools(loaded.tokenizer, (), loaded.max_length), task, known)
