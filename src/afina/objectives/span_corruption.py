"""Span corruption: how T5 is pretrained, for texts of a domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, takewhile
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.batch import collate_answers
from ..data.conversation import Passage
from ..data.row import Batch, Row, SourceTarget, Tools
from ..errors import RecipeError
from ..language import _
from .tokens import TokenObjective

__all__ = ["SpanCorruption"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text(SourceTarget):
    """A row that knows its text."""

    whole: tuple[int, ...] = ()
    """The ids before any was hidden, without an end token."""


class SpanCorruption(TokenObjective):
    """Hidden spans: an encoder-decoder learns to write what is hidden in a text.

    Runs of tokens are drawn, other ones in every epoch. In what the encoder reads, a sentinel stands for
    each; the decoder writes each sentinel and what it stands for, and one more sentinel (Raffel et al. 2020,
    T5, figure 2). Of n tokens ``round(share · n)`` are hidden, in ``round(share · n / span)`` runs.
    """

    kind: Literal["span_corruption"] = "span_corruption"
    takes: ClassVar[type[Passage]] = Passage
    varies: ClassVar[bool] = True
    encoder_decoder: ClassVar[bool] = True
    share: float = Field(0.15, gt=0, lt=1)
    """The share of tokens that are hidden."""
    span: float = Field(3.0, ge=1)
    """How many tokens are hidden together on average."""

    def encode(self, example: Passage, tools: Tools) -> Row:
        """The first piece."""
        return self.pieces(example, tools)[0]

    def pieces(self, example: Any, tools: Tools) -> list[Row]:
        """Raises RecipeError for a tokenizer without sentinels."""
        ids = tools.tokenizer(example.text, add_special_tokens=False, verbose=False)["input_ids"]
        size = tools.max_length - 1  # and the end token
        return [
            self._hidden(tuple(ids[start : start + size]), example.weight, tools, (0,))
            for start in range(0, max(1, len(ids)), size)
        ]

    def seen(self, row: Row, tools: Tools, draw: Sequence[int]) -> Row:
        assert isinstance(row, _Text)
        return self._hidden(row.whole, row.weight, tools, draw)

    def _hidden(self, ids: tuple[int, ...], weight: float, tools: Tools, draw: Sequence[int]) -> _Text:
        signs, end = _sentinels(tools.tokenizer), tools.tokenizer.eos_token_id
        if len(ids) < 2:  # something must be left to read
            size = len(ids) + 1
            return _Text((*ids, end), counts=(0.0,) * size, weight=weight, asked=size, whole=ids)
        hidden = min(max(1, round(self.share * len(ids))), len(ids) - 1)
        spans = min(max(1, round(self.share * len(ids) / self.span)), hidden, len(signs) - 1)
        spans = min(spans, len(ids) - hidden + 1)
        generator = np.random.default_rng(draw)
        lengths = _parts(hidden, spans, generator)
        # What is between two runs has a token at least; what is before the first or after the last need not.
        between = _parts(len(ids) - hidden + 2, spans + 1, generator)
        between[[0, -1]] -= 1
        source: list[int] = []
        target: list[int] = []
        at = 0
        for sign, kept, length in zip(signs, between, lengths, strict=False):
            source += [*ids[at : at + kept], sign]
            target += [sign, *ids[at + kept : at + kept + length]]
            at += kept + length
        source += [*ids[at:], end]
        target += [signs[spans], end]
        counts = (0.0,) * len(source) + (1.0,) * len(target)
        return _Text((*source, *target), counts=counts, weight=weight, asked=len(source), whole=ids)

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        return collate_answers([row for row in rows if isinstance(row, SourceTarget)], tools, numbers)


@cache
def _sentinels(tokenizer: Any) -> tuple[int, ...]:
    """The ids of ``<extra_id_0>``, ``<extra_id_1>`` … Raises RecipeError where there are not two."""
    ids = (tokenizer.convert_tokens_to_ids(f"<extra_id_{number}>") for number in count())
    found = tuple(takewhile(lambda one: one is not None and one != tokenizer.unk_token_id, ids))
    if len(found) < 2:
        raise RecipeError(
            _("the tokenizer of this model has no sentinels (<extra_id_0> …) to stand for hidden text."),
            where="objective",
            fix=_("Choose a model of the T5 family."),
        )
    return found


def _parts(total: int, parts: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """(parts,) random lengths of at least 1 that sum to ``total``; each such way is equally likely."""
    cuts = np.sort(generator.choice(total - 1, parts - 1, replace=False)) + 1
    return np.diff([0, *cuts, total])
