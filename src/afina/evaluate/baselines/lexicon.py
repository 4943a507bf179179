"""A sentiment lexicon: hand-made word scores and rules, nothing learnt."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np

from .base import Baseline, Context, Outcome, Vector

__all__ = ["Lexicon"]

#: Names of classes -> the sign of their sentiment.
SIGNS = {
    "negative": -1,
    "neg": -1,
    "neutral": 0,
    "neu": 0,
    "positive": 1,
    "pos": 1,
}
#: A compound score from here on is positive, and below its negative one negative, as VADER's authors say.
THRESHOLD = 0.05
#: Probability of the answer. The lexicon states none; this one keeps its log loss finite.
SURE = 0.9


class Lexicon(Baseline):
    """Lexicon: VADER, a list of English words with their sentiment and rules for "not", "very", "!".

    Hutto and Gilbert 2014. For classes named negative, neutral and positive, or the two outer ones: then the
    sign of the score decides, and the more frequent class where the score is 0. Needs vaderSentiment.
    """

    kind: Literal["lexicon"] = "lexicon"

    def applies(self, context: Context) -> bool:
        signs = self._signs(context)
        return (
            context.language == "en"
            and not context.multi_label
            and None not in signs
            and len(signs) == len(set(signs))
            and {-1, 1} <= set(signs)
            and find_spec("vaderSentiment") is not None
        )

    def fit_predict(self, context: Context) -> Outcome:
        from vaderSentiment import vaderSentiment

        start = time.perf_counter()
        analyser = vaderSentiment.SentimentIntensityAnalyzer()
        dev, test = (
            self._answers(
                context,
                np.array([analyser.polarity_scores(text)["compound"] for text in context.texts(split)]),
            )
            for split in ("dev", "test")
        )
        lexicon = Path(vaderSentiment.__file__).with_name("vader_lexicon.txt")
        seconds = time.perf_counter() - start
        return Outcome(
            dev,
            test,
            seconds,
            lexicon.stat().st_size,
            milliseconds_per_row=1000 * seconds / (len(dev) + len(test)),
        )

    def _signs(self, context: Context) -> list[int | None]:
        return [SIGNS.get(label.strip().lower()) for label in context.labels]

    def _answers(self, context: Context, scores: Vector) -> Vector:
        """(N, C) probabilities from compound scores (N,)."""
        signs = np.array(self._signs(context), dtype=float)
        if 0 in signs:
            signed = np.where(scores >= THRESHOLD, 1, np.where(scores <= -THRESHOLD, -1, 0))
        else:
            shares = np.average(context.truth["train"], axis=0, weights=context.weights)
            signed = np.where(scores == 0, signs[shares.argmax()], np.sign(scores))
        rest = (1 - SURE) / (len(signs) - 1)
        return np.where(signed[:, None] == signs, SURE, rest)
