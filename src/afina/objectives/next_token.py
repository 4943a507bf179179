"""Cross-entropy of the next token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from ..data.batch import collate_tokens
from ..data.chat import Learn, encode_conversation, encode_plain
from ..data.conversation import Conversation, Passage, PlainText
from ..data.row import Batch, Row, Tools
from .tokens import TokenObjective

__all__ = ["NextToken"]


class NextToken(TokenObjective):
    """Next token: a language model learns to go on as its examples do.

    The token at place t is predicted from all those before it: ``-log p(x_t | x_1 … x_{t-1})``.
    """

    kind: Literal["next_token"] = "next_token"
    takes: ClassVar[type[Passage]] = Passage
    learn: Learn = "answers"
    """Which tokens of a conversation are learnt: those of all the assistant's turns (answers), of the last
    one (last), or all. Plain texts are learnt as a whole."""

    def encode(self, example: Conversation | PlainText, tools: Tools) -> Row:
        """A conversation is cut at its end where it is too long, and so is a plain text."""
        return self.pieces(example, tools)[0]

    def pieces(self, example: Conversation | PlainText, tools: Tools) -> list[Row]:
        if isinstance(example, PlainText):
            return encode_plain(example, tools)
        return [encode_conversation(example, tools, self.learn)]

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        labelled = [
            (owner, place - 1, row.ids[place], count * row.weight)
            for owner, row in enumerate(rows)
            for place, count in enumerate(row.counts)
            if count > 0
        ]
        return collate_tokens(rows, labelled, tools, numbers)
