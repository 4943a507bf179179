"""Texts that are nearest to others, for prompts."""

from __future__ import annotations

from collections.abc import Sequence
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
    if by == "bm25":
        found = Bm25(known).search(asked, count)
        return [[number for number in row if number != NOTHING] for row in found.tolist()]
    there, here = _bags(known, asked) if by == "tfidf" else _vectors(known, asked, language)
    near = here @ there.T
    scores: Any = near.toarray() if by == "tfidf" else near
    ranked: list[list[int]] = best(scores, count).tolist()
    return ranked


def _bags(known: Sequence[str], asked: Sequence[str]) -> tuple[Any, Any]:
    vectoriser = bag_of_words()
    return vectoriser.fit_transform(known), vectoriser.transform(asked)


@torch.inference_mode()
def _vectors(known: Sequence[str], asked: Sequence[str], language: str) -> tuple[Any, Any]:
    """(D, H) and (N, H), of length 1, by the sentence encoder for the language."""
    loaded = load(Model(name=default_model(language)))
    network, tools = (
        VectorNetwork(loaded.trunk, loaded.pooling, loaded.width),
        Tools(loaded.tokenizer, (), loaded.max_length),
    )
    query, document = loaded.prompts

    def vectors(texts: Sequence[str], prefix: str) -> Any:
        rows = [Row(ids) for ids, _cut in encode_texts([prefix + text for text in texts], tools)]
        made = np.empty((len(rows), loaded.width), np.float32)
        for group in token_groups([len(row.ids) for row in rows], range(len(rows)), BUDGET):
            batch = collate_texts([rows[number] for number in group], tools, group)
            made[group] = torch.nn.functional.normalize(network(**batch.inputs), dim=-1).numpy()
        return made

    return vectors(known, document), vectors(asked, query)
