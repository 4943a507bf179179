"""Texts as token ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from tokenizers import decoders

from .example import LabelledText, RatedText, TaggedText
from .match import Match
from .row import Matched, Paired, Row, Tools

__all__ = [
    "encode_labelled", "encode_match", "encode_pairs", "encode_rated", "encode_rated_texts",
    "encode_tagged", "encode_texts",
    "encode_words", "shown_tokens",
]  # fmt: skip


def encode_labelled(example: LabelledText, tools: Tools) -> Row:
    """A text with the probability of each class; without a label the target is empty."""
    ids, cut = encode_texts([example.text], tools)[0]
    if example.target is None:
        return Row(ids, (), example.weight, cut)
    chances = tuple(float(example.target.get(label, 0.0)) for label in tools.labels)
    return Row(ids, chances, example.weight, cut)


def encode_rated(example: RatedText, tools: Tools) -> Row:
    """A text, or a pair of texts in one row, with its standardised number."""
    (row,) = encode_rated_texts([example.texts], tools)
    return replace(row, target=((example.value - tools.centre) / tools.scale,), weight=example.weight)


def encode_rated_texts(texts: Sequence[tuple[str, ...]], tools: Tools) -> Sequence[Row]:
    """Texts, or pairs of texts, as rows."""
    if len(texts[0]) == 2:
        return encode_pairs([(first, second) for first, second in texts], tools)
    return [Row(ids, cut=cut) for ids, cut in encode_texts([text for (text,) in texts], tools)]


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


def encode_tagged(example: TaggedText, tools: Tools) -> Row:
    """A sentence with the number of the tag of each word that is read."""
    row = encode_words([example.words], tools)[0]
    numbers = {tag: float(number) for number, tag in enumerate(tools.labels)}
    target = tuple(numbers.get(tag, -1.0) for tag in example.tags[: len(row.places)])
    return replace(row, target=target, weight=example.weight)


def encode_words(sentences: Sequence[Sequence[str]], tools: Tools) -> list[Row]:
    """Each sentence as a row, with the place of the first piece of each word that ``max_length`` leaves.

    A word of which the tokenizer says nothing stands where the word before it does.
    """
    texts = [" ".join(words) for words in sentences]
    rows = []
    for words, (ids, cut), offsets in zip(
        sentences, encode_texts(texts, tools), _offsets(texts, tools), strict=True
    ):
        rows.append(Row(ids, cut=cut, places=_places(words, offsets, whole=not cut)))
    return rows


def _offsets(texts: Sequence[str], tools: Tools) -> list[list[tuple[int, int]]]:
    """Of each token that is read, where it begins and ends in the text."""
    if not texts:
        return []
    found: list[list[tuple[int, int]]] = tools.tokenizer(
        list(texts), add_special_tokens=True, truncation=True, max_length=tools.max_length,
        return_offsets_mapping=True,
    )["offset_mapping"]  # fmt: skip
    return found


def _places(words: Sequence[str], offsets: Sequence[tuple[int, int]], *, whole: bool) -> tuple[int, ...]:
    """Of each word, the first token that reaches into it; only of words that are read unless ``whole``."""
    pieces = [(end, place) for place, (start, end) in enumerate(offsets) if end > start]
    places: list[int] = []
    begin = at = last = 0
    for word in words:
        while at < len(pieces) and pieces[at][0] <= begin:
            at += 1
        if at == len(pieces) and not whole:
            break
        if at < len(pieces) and offsets[pieces[at][1]][0] < begin + len(word):
            last = pieces[at][1]
        places.append(last)
        begin += len(word) + 1
    return tuple(places[: len(offsets)])


def shown_tokens(ids: Sequence[int], tokenizer: Any) -> list[str]:
    """Tokens as a person reads them: · for the space before a word, ⏎ for the end of a line.

    Vocabularies of bytes write letters such as ó in signs of their own; here they are letters again, unless a
    token holds only a part of one.
    """
    tokens: list[str] = tokenizer.convert_ids_to_tokens(list(ids))
    # Tokenizers in plain Python, such as Marian's, have no decoder of their own.
    decoder = getattr(getattr(tokenizer, "backend_tokenizer", None), "decoder", None)
    if isinstance(decoder, decoders.ByteLevel):
        letters = [decoder.decode([token]) for token in tokens]
        tokens = [
            token if "\N{REPLACEMENT CHARACTER}" in text else text
            for token, text in zip(tokens, letters, strict=True)
        ]
    return [token.replace(" ", "·").replace("▁", "·").replace("\n", "⏎") for token in tokens]
