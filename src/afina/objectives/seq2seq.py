"""Cross-entropy of an answer that a decoder writes to what an encoder has read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from ..data.batch import collate_answers
from ..data.conversation import Conversation, Passage
from ..data.pairs import encode_pair
from ..data.row import Batch, Row, SourceTarget, Tools
from ..errors import DataError
from ..language import _
from .tokens import TokenObjective

__all__ = ["Seq2Seq"]


class Seq2Seq(TokenObjective):
    """Answers of encoder-decoders: one text is read, and another is learnt.

    The token at place t of the answer y is predicted from all of what is asked, x, and the tokens before it:
    ``-log p(y_t | x, y_1 … y_(t-1))`` (Sutskever et al. 2014). Of a conversation the last answer is learnt.
    """

    kind: Literal["seq2seq"] = "seq2seq"
    takes: ClassVar[type[Passage]] = Passage
    encoder_decoder: ClassVar[bool] = True

    def encode(self, example: Passage, tools: Tools) -> SourceTarget:
        """Raises DataError for a plain text, which has no answer."""
        if not isinstance(example, Conversation):
            raise DataError(
                _("this is a plain text, and an encoder-decoder learns answers to questions."),
                where=str(example.where),
                fix=_("Set objective=span_corruption to learn texts as they are."),
            )
        return encode_pair(example, tools)

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        return collate_answers([row for row in rows if isinstance(row, SourceTarget)], tools, numbers)
