"""Texts as token ids."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from tokenizers import decoders

from .example import LabelledText
from .match import Match
from .row import Matched, Paired, Row, Tools

__all__ = ["encode_labelled", "encode_match", "encode_pairs", "encode_texts", "shown_tokens"]


def encode_labelled(example: LabelledText, tools: Tools) -> Row:
    """A text with the probability of each class; without a label the target is empty."""
    ids, cut = encode_texts([example.text], tools)[0]
    if example.target is None:
        return Row(ids, (), example.weight, cut)
    chances = tuple(float(example.target.get(label, 0.0)) for label in tools.labels)
    return Row(ids, chances, example.weight, cut)


def encode_match(example: Match, tools: Tools) -> Matched:
    """A question, its document and its negatives, each with what stands before it."""
    documents = (example.document, *example.negatives)
    texts = [tools.query_prefix + example.text]
    texts += [tools.document_prefix + document.text for document in documents]
    encoded = encode_texts(texts, tools)
    return Matched(
        ids=tuple(token for ids, _cut in encoded for token in ids),
        weight=example.weight,
        cut=max(cut for _ids, cut in encoded),
        ends=tuple(accumulate(len(ids) for ids, _cut in encoded)),
        documents=tuple(document.number for document in documents),
        relevant=frozenset(example.relevant),
    )


def encode_pairs(pairs: Sequence[tuple[str, str]], tools: Tools) -> list[Paired]:
    """Questions and documents, each pair as one row; the longer of the two is cut first."""
    firsts, seconds = [first for first, _second in pairs], [second for _first, second in pairs]

    def tokens(**settings: Any) -> Any:
        return tools.tokenizer(firsts, seconds, return_token_type_ids=True, verbose=False, **settings)

    whole = tokens(truncation=False)["input_ids"]
    cut = tokens(truncation="longest_first", max_length=tools.max_length)
    return [
        Paired(tuple(ids), cut=len(all_ids) - len(ids), second=types.index(1) if 1 in types else len(ids))
        for all_ids, ids, types in zip(whole, cut["input_ids"], cut["token_type_ids"], strict=True)
    ]


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
