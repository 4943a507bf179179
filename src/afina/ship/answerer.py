"""A language model at work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from ..data.conversation import Message
from ..data.pairs import asked_ids
from ..models.generate import generate
from ..models.language_model import LanguageModel
from ..models.seq2seq_model import Seq2SeqModel
from ..tasks.texts import TextTask
from .token_model import TokenModel

__all__ = ["Answerer"]

#: Questions that are answered together when answering a stream.
CHUNK = 64


@dataclass(frozen=True)
class Answerer(TokenModel):
    """A model that answers as it was trained to: :meth:`predict` gives one ``answer`` a text."""

    network: LanguageModel | Seq2SeqModel
    task: TextTask

    columns: ClassVar[tuple[str, ...]] = ("answer",)

    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answers in the order of the texts, some texts at a time."""
        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            asked = [[Message("user", self.clean.apply(text)[0])] for text in chunk]
            yield from ({"answer": answer} for answer in self.reply(asked))

    def reply(self, conversations: Sequence[Sequence[Message]], seed: int = 0) -> list[str]:
        """The assistant's next turn in each conversation."""
        ids = [asked_ids(talk, self.tools) for talk in conversations]
        return generate(self.network, self.tools.tokenizer, ids, self.task.answers, seed)
