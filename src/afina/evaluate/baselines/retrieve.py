"""Texts that are nearest to others, for prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
import torch

from ...data.batch import collate_texts, token_groups
from ...data.render import encode_texts
from ...data.row import Row, Tools
from ...data.search import NOTHING, Bm25, best
from ...models.load import Model, default_model, load
from ...models.network import VectorNetwork
from .words import bag_of_words

__all__ = ["By", "retrieve"]

By: TypeAlias = Literal["tfidf", "bm25", "embeddings"]

#: Tokens of texts that a sentence encoder reads at once, padding included.
BUDGET = 8192


def retrieve(
    by: By, known: Sequence[str], asked: Sequence[str], count: int, language: str
) -> list[list[int]]:
    """For each of ``asked`` the numbers of the nearest of ``known``, the nearest first.

    Args:
        by: the cosine of TF-IDF vectors of words and pairs of words, BM25 (which finds nothing where no word
            is shared), or the cosine of the vectors of a sentence encoder.
        count: how many, where there are as many.
        language: of the texts (ISO 639-1, or ``und``); it says which encoder.
    """
    if not asked:
        return []
    return _index(by, tuple(known), language)(asked, count)


@lru_cache(maxsize=1)
def _index(by: By, known: tuple[str, ...], language: str) -> Callable[[Sequence[str], int], list[list[int]]]:
    """Searches ``known``. The last index is kept, as it is asked for all splits and for single texts."""
    if by == "bm25":
        words = Bm25(known)
        return lambda asked, count: [
            [number for number in row if number != NOTHING] for row in words.search(asked, count).tolist()
        ]
    likeness = _bags(known) if by == "tfidf" else _vectors(known, language)

    def nearest(asked: Sequence[str], count: int) -> list[list[int]]:
        ranked: list[list[int]] = best(likeness(asked), count).tolist()
        return ranked

    return nearest


def _bags(known: Sequence[str]) -> Callable[[Sequence[str]], Any]:
    """Gives (N, D): the likeness of N texts to those of ``known``."""
    vectoriser = bag_of_words()
    there = vectoriser.fit_transform(known)
    return lambda asked: (vectoriser.transform(asked) @ there.T).toarray()


def _vectors(known: Sequence[str], language: str) -> Callable[[Sequence[str]], Any]:
    """Likewise, by the sentence encoder for the language."""
    loaded = load(Model(name=default_model(language)))
    network, tools = (
        VectorNetwork(loaded.trunk, loaded.pooling, loaded.width),
        Tools(loaded.tokenizer, (), loaded.max_length),
    )
    query, document = loaded.prompts

    @torch.inference_mode()
    def vectors(texts: Sequence[str], prefix: str) -> Any:
        rows = [Row(ids) for ids, _cut in encode_texts([prefix + text for text in texts], tools)]
        made = np.empty((len(rows), loaded.width), np.float32)
        for group in token_groups([len(row.ids) for row in rows], range(len(rows)), BUDGET):
            batch = collate_texts([rows[number] for number in group], tools, group)
            made[group] = torch.nn.functional.normalize(network(**batch.inputs), dim=-1).numpy()
        return made

    there = vectors(known, document)
    return lambda asked: vectors(asked, query) @ there.T
