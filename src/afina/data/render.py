"""Texts as token ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .row import Tools

__all__ = ["encode_texts"]


def encode_texts(texts: Sequence[str], tools: Tools) -> list[tuple[tuple[int, ...], int]]:
    """Token ids of each text, special tokens included, and the tokens lost to ``tools.max_length``."""
    if not texts:
        return []
    tokenizer = tools.tokenizer
    whole = tokenizer(list(texts), add_special_tokens=True, truncation=False, verbose=False)["input_ids"]
    long = [number for number, ids in enumerate(whole) if len(ids) > tools.max_length]
    encoded = [(tuple(ids), 0) for ids in whole]
    if long:
        # Truncated by the tokenizer, which alone knows where its special tokens stand.
        cut = tokenizer(
            [texts[number] for number in long],
            add_special_tokens=True,
            truncation=True,
            max_length=tools.max_length,
        )["input_ids"]
        for number, ids in zip(long, cut):
            encoded[number] = (tuple(ids), len(whole[number]) - len(ids))
    return encoded
