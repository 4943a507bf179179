"""A model that tags words, at work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.batch import token_groups
from ..data.formats import Reading, Sheet
from ..data.labels import BadCell
from ..data.read import complain, read
from ..data.render import encode_words
from ..data.row import Row
from ..data.tagged import words_in
from ..data.tags import OUTSIDE, spans
from ..errors import Problem
from ..models.network import WordNetwork
from ..objectives.token_cross_entropy import TokenCrossEntropy
from ..tasks.tag import Tag
from .head_model import BUDGET, CHUNK, HeadModel

__all__ = ["Tagger"]

#: What a text is divided into: words, and every other sign by itself.
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Tagger(HeadModel):
    """Tags words: ``words``, ``tags`` and ``spans``, of a text or of a list of words.

    A span has its ``text``, ``label``, the places of its first letter and of the one after its last in the
    text, ``start`` and ``end``, and ``probability``: the product of those of its words' tags. Words that
    ``tools.max_length`` cuts off are O.
    """

    network: WordNetwork
    task: Tag

    columns: ClassVar[tuple[str, ...]] = ("words", "tags", "spans")

    def given(self, file: Path) -> tuple[Sheet, Sequence[Any]]:
        sheet = read(file, Reading(path=str(file)))
        column = self.details["text_column"]
        if column not in sheet.columns or not isinstance(sheet.rows[0][column], list):
            return super().given(file)
        words, problems = [], []
        for row, line in zip(sheet.rows, sheet.lines, strict=True):
            try:
                words.append(words_in(row, column))
            except BadCell as error:
                problems.append(Problem(str(error), f"{file}:{line}"))
        complain(problems)
        return sheet, words

    def stream(self, texts: Iterable[str | Sequence[str]]) -> Iterator[dict[str, Any]]:
        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            divided = [_divided(one) for one in chunk]
            chances = self._chances([words for _text, words, _starts in divided])
            for (text, words, starts), found in zip(divided, chances, strict=True):
                yield self._answer(text, words, starts, found)

    def tags(self, sentences: Sequence[Sequence[str]]) -> NDArray[np.str_]:
        """(N,) the tags of each sentence as the metrics take them."""
        return np.array([" ".join(self._named(found)) for found in self._chances(sentences)])

    def evidence(self, texts: Sequence[str | Sequence[str]], rows: Sequence[Row]) -> NDArray[Any]:
        return np.concatenate(self._chances([_divided(one)[1] for one in texts]))

    def _named(self, chances: NDArray[np.float64]) -> list[str]:
        return [self.tools.labels[number] for number in chances.argmax(1)]

    @torch.inference_mode()
    def _chances(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Of each sentence, (words that are read, tags) probabilities."""
        self.network.eval()
        rows, objective = encode_words(sentences, self.tools), TokenCrossEntropy()
        found: dict[int, NDArray[np.float64]] = {}
        for group in token_groups([len(row.ids) for row in rows], range(len(rows)), BUDGET):
            batch = objective.collate([rows[number] for number in group], self.tools, group)
            said = self.network(**batch.inputs).double().softmax(-1)
            counts = [len(rows[number].places) for number in group]
            found |= {n: part.numpy() for n, part in zip(group, said.split(counts), strict=True)}
        return [found[number] for number in range(len(rows))]

    def _answer(
        self, text: str, words: Sequence[str], starts: Sequence[int], chances: NDArray[np.float64]
    ) -> dict[str, Any]:
        tags = self._named(chances)
        tags += [OUTSIDE] * (len(words) - len(tags))
        sure = chances.max(1)
        told = []
        for first, after, label in spans(tags):
            start, end = starts[first], starts[after - 1] + len(words[after - 1])
            told.append(
                {
                    "text": text[start:end], "label": label, "start": start, "end": end,
                    "probability": float(sure[first:after].prod()),
                }
            )  # fmt: skip
        return {"words": list(words), "tags": tags, "spans": told}


def _divided(given: str | Sequence[str]) -> tuple[str, Sequence[str], list[int]]:
    """A text, its words, and where each begins in it; of words, the text that they make with spaces."""
    if isinstance(given, str):
        found = list(_WORD.finditer(given))
        return given, [one[0] for one in found], [one.start() for one in found]
    starts, at = [], 0
    for word in given:
        starts.append(at)
        at += len(word) + 1
    return " ".join(given), given, starts
