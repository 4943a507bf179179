"""Texts as token ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import decoders

from .example import LabelledText, RatedText
from .row import Row, Tools

__all__ = ["encode_labelled", "encode_rated", "encode_texts", "shown_tokens"]


def encode_labelled(example: LabelledText, tools: Tools) -> Row:
    """A text with the probability of each class; without a label the target is empty."""
    ids, cut = encode_texts([example.text], tools)[0]
    if example.target is None:
        return Row(ids, (), example.weight, cut)
    chances = tuple(float(example.target.get(label, 0.0)) for label in tools.labels)
    return Row(ids, chances, example.weight, cut)


def encode_rated(example: RatedText, tools: Tools) -> Row:
    """A text, or a pair of texts in one row, with its standardised number."""
    ids, cut = encode_texts([example.texts], tools)[0]
    return Row(ids, ((example.value - tools.centre) / tools.scale,), example.weight, cut)


def encode_texts(texts: Sequence[str | tuple[str, ...]], tools: Tools) -> list[tuple[tuple[int, ...], int]]:
    """Token ids of each text, special tokens included, and the tokens lost to ``tools.max_length``.

    Pairs of texts stand in one row, divided as the tokenizer divides them; the longer text of a pair is cut
    first.
    """
    if not texts:
        return []
    tokenizer = tools.tokenizer

    def parts(chosen: Iterable[int]) -> list[list[str]]:
        """The first texts, and the second ones where rows are pairs."""
        rows = [(one,) if isinstance(one := texts[number], str) else one for number in chosen]
        return [list(part) for part in zip(*rows, strict=True)]

    whole = tokenizer(*parts(range(len(texts))), add_special_tokens=True, truncation=False, verbose=False)[
        "input_ids"
    ]
    long = [number for number, ids in enumerate(whole) if len(ids) > tools.max_length]
    encoded = [(tuple(ids), 0) for ids in whole]
    if long:
        # Truncated by the tokenizer, which alone knows where its special tokens stand.
        cut = tokenizer(
            *parts(long),
            add_special_tokens=True,
            truncation=True,
            max_length=tools.max_length,
        )["input_ids"]
        for number, ids in zip(long, cut):
            encoded[number] = (tuple(ids), len(whole[number]) - len(ids))
    return encoded


def shown_tokens(ids: Sequence[int], tokenizer: Any) -> list[str]:
    """Tokens as a person reads them: · for the space before a word, ⏎ for the end of a line.

    Vocabularies of bytes write letters such as ó in signs of their own; here they are letters again, unless a
    token holds only a part of one.
    """
    tokens: list[str] = tokenizer.convert_ids_to_tokens(list(ids))
    if isinstance(tokenizer.backend_tokenizer.decoder, decoders.ByteLevel):
        letters = [tokenizer.backend_tokenizer.decoder.decode([token]) for token in tokens]
        tokens = [
            token if "\N{REPLACEMENT CHARACTER}" in text else text
            for token, text in zip(tokens, letters, strict=True)
        ]
    return [token.replace(" ", "·").replace("▁", "·").replace("\n", "⏎") for token in tokens]
