"""Masked language modelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ..data.batch import collate_tokens
from ..data.conversation import PlainText
from ..data.row import Batch, Row, Tools
from .tokens import TokenObjective

__all__ = ["MaskedLm"]

#: Of the tokens that are to be found, those hidden behind the mask, and those replaced by any other token;
#: the rest stays as it is (Devlin et al. 2019).
_HIDDEN, _REPLACED = 0.8, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words(Row):
    """A row that knows its words."""

    words: tuple[int, ...] = ()
    """The number of the word that each token belongs to; -1 for special tokens."""
    whole: tuple[int, ...] = ()
    """The ids before any was hidden."""


class MaskedLm(TokenObjective):
    """Masked tokens: an encoder learns to find hidden words from what stands around them.

    In every epoch other words are drawn (Liu et al. 2019, RoBERTa). Of their tokens, 80 % are replaced by the
    mask, 10 % by any token, and 10 % stay; all of them are to be predicted (Devlin et al. 2019, BERT).
    """

    kind: Literal["masked_lm"] = "masked_lm"
    takes: ClassVar[type[PlainText]] = PlainText
    varies: ClassVar[bool] = True
    share: float = Field(0.15, gt=0, lt=1)
    """The share of words that are to be found."""
    whole_words: bool = True
    """Whether all tokens of a word are hidden together. Otherwise tokens are drawn one by one, and half a
    word often gives the other half away."""

    def encode(self, example: PlainText, tools: Tools) -> Row:
        """The first piece."""
        return self.pieces(example, tools)[0]

    def pieces(self, example: PlainText, tools: Tools) -> list[Row]:
        encoded = tools.tokenizer(
            example.text, truncation=True, max_length=tools.max_length, return_overflowing_tokens=True
        )
        return [
            self._row(encoded["input_ids"][n], encoded.word_ids(n), example.weight)
            for n in range(len(encoded["input_ids"]))
        ]

    def _row(self, ids: Sequence[int], words: Sequence[int | None], weight: float) -> Row:
        if not self.whole_words:
            words = [None if word is None else place for place, word in enumerate(words)]
        numbers = tuple(-1 if word is None else word for word in words)
        # Only of a row without any word is it known that nothing of it can be learnt.
        counts = () if max(numbers) >= 0 else (0.0,) * len(ids)
        return _Words(tuple(ids), weight=weight, counts=counts, words=numbers, whole=tuple(ids))

    def seen(self, row: Row, tools: Tools, draw: Sequence[int]) -> Row:
        assert isinstance(row, _Words)
        generator = np.random.default_rng(draw)
        words = np.array(row.words)
        every = np.unique(words[words >= 0])
        count = max(1, round(self.share * len(every)))
        found = np.isin(words, generator.choice(every, count, replace=False))
        chance, others = generator.random(len(words)), generator.integers(0, len(tools.tokenizer), len(words))
        ids = np.array(row.whole)
        hidden = np.where(chance < _HIDDEN, tools.tokenizer.mask_token_id, others)
        ids = np.where(found & (chance < _HIDDEN + _REPLACED), hidden, ids)
        return replace(row, ids=tuple(ids.tolist()), counts=tuple(found.astype(float).tolist()))

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        labelled = [
            (owner, place, row.whole[place], count * row.weight)
            for owner, row in enumerate(rows)
            if isinstance(row, _Words)
            for place, count in enumerate(row.counts)
            if count > 0
        ]
        return collate_tokens(rows, labelled, tools, numbers)
