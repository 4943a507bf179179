"""What words look like, and their neighbours."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...models.linear import fit_linear
from ..metrics import METRICS
from .base import Baseline, Context, Outcome, Vector
from .regression import Chosen, best

__all__ = ["WordShapes"]

#: Letters at either end of a word that are looked at, at most.
ENDS = 3
#: Words on either side that are looked at.
NEIGHBOURS = 2


class WordShapes(Baseline):
    """Word shapes: a logistic regression on each word, its ends, its shape and its neighbours.

    The features that conditional random fields have long been given for names (Ratinov & Roth 2009), without
    the chain: each word is tagged by itself.
    """

    kind: Literal["word_shapes"] = "word_shapes"
    measured_by: ClassVar[str] = "tags"
    c: tuple[float, ...] = Field((1.0, 10.0), min_length=1)
    """Inverse strengths of regularisation that are tried; the dev split chooses."""

    def fit_predict(self, context: Context) -> Outcome:
        from sklearn.feature_extraction import DictVectorizer

        start = time.perf_counter()
        vectoriser = DictVectorizer()
        train = vectoriser.fit_transform(_every(context.splits.train))
        dev = vectoriser.transform(_every(context.splits.dev))
        tags = [tag for example in context.splits.train for tag in example.tags]
        weights = np.array([row.weight for row in context.splits.train for _tag in row.tags])
        number = {tag: place for place, tag in enumerate(context.labels)}
        truth = np.eye(len(number))[[number[tag] for tag in tags]]
        metric = METRICS.make("span_f1")

        def fit(c: float) -> Chosen:
            weight, bias = fit_linear(train, truth, weights, c=c, multi_label=False)
            said = _answers(context, dev @ weight.T + bias, context.splits.dev)
            return Chosen(c, weight, bias, said)

        made = best(self.c, fit, lambda made: float(metric(context.truth["dev"], made.dev)))
        names = sum(len(name.encode()) for name in vectoriser.feature_names_)

        def answers(rows: Sequence[Any]) -> NDArray[np.str_]:
            scores = vectoriser.transform(_every(rows)) @ made.weight.T + made.bias
            return _answers(context, scores, rows)

        return Outcome(
            made.dev,
            answers(context.splits.test),
            time.perf_counter() - start,
            names + made.size_bytes,
            lambda example: answers([example]),
            {"c": made.c, "features": len(vectoriser.feature_names_)},
        )


def _answers(context: Context, scores: Vector, rows: Sequence[Any]) -> NDArray[np.str_]:
    """Scores (words of all rows, tags) as the tags of each row."""
    said = iter(scores.argmax(1).tolist())
    return np.array([" ".join(context.labels[next(said)] for _word in row.words) for row in rows])


def _every(rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for row in rows:
        for place in range(len(row.words)):
            yield _features(row.words, place)


def _features(words: Sequence[str], place: int) -> dict[str, Any]:
    word = words[place]
    seen: dict[str, Any] = {"word": word, "lower": word.lower(), "shape": _shape(word)}
    for length in range(1, ENDS + 1):
        seen[f"begins {length}"], seen[f"ends {length}"] = word[:length], word[-length:]
    for step in (*range(-NEIGHBOURS, 0), *range(1, NEIGHBOURS + 1)):
        inside = 0 <= place + step < len(words)
        seen[f"lower {step:+}"] = words[place + step].lower() if inside else ""
        seen[f"shape {step:+}"] = _shape(words[place + step]) if inside else ""
    return seen


def _shape(word: str) -> str:
    """``Xx`` for Bogotá, ``X`` for UN, ``9-9`` for 3-14."""
    kinds = "".join("9" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in word)
    return re.sub(r"(.)\1+", r"\1", kinds)
