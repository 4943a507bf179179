"""A lexicon: words with their sentiment, or with labels; nothing learnt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ...data.word_list import WordList, read_word_list
from ...errors import DataError
from ...language import _
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
    "negativo": -1,
    "negativa": -1,
    "neutro": 0,
    "neutra": 0,
    "positivo": 1,
    "positiva": 1,
}
#: A compound score from here on is positive, and below its negative one negative, as VADER's authors say.
THRESHOLD = 0.05
#: A sum of scores that is nearer to 0 is 0, but for rounding.
NOTHING = 1e-9
#: Probability of the answer. The lexicon states none; this one keeps its log loss finite.
SURE = 0.9


class Lexicon(Baseline):
    """Lexicon: VADER, a list of English words with their sentiment and rules for "not", "very", "!".

    Hutto and Gilbert 2014. For classes named negative, neutral and positive, or the two outer ones: then the
    sign of the score decides, and the more frequent class where the score is 0. Needs vaderSentiment. A list
    of a person's own takes its place: for such classes in any language, or for any classes.
    """

    kind: Literal["lexicon"] = "lexicon"
    files: ClassVar[tuple[str, ...]] = ("words",)
    words: str | None = None
    """A file with a list of your own words, in the place of VADER: with the columns word and score (above 0
    for good, below 0 for bad), or word and label."""

    def applies(self, context: Context) -> bool:
        if context.multi_label:
            return False
        if self.words is not None:
            return True
        available = find_spec("vaderSentiment") is not None
        return context.language == "en" and self._of_sentiment(context) and available

    def fit_predict(self, context: Context) -> Outcome:
        if self.words is not None:
            return self._counted(context, self.words)
        from vaderSentiment import vaderSentiment

        start = time.perf_counter()
        analyser = vaderSentiment.SentimentIntensityAnalyzer()

        def answers(texts: Sequence[str]) -> Vector:
            scores = [analyser.polarity_scores(text)["compound"] for text in texts]
            return self._answers(context, np.array(scores))

        lexicon = Path(vaderSentiment.__file__).with_name("vader_lexicon.txt")
        return _outcome(context, answers, start, lexicon)

    def _counted(self, context: Context, path: str) -> Outcome:
        """By a person's own list. Raises DataError."""
        start = time.perf_counter()
        known = read_word_list(path, context.labels)
        if known.scores is not None and not self._of_sentiment(context):
            raise DataError(
                _("scores tell good from bad, and the labels are: {labels}.").format(
                    labels=", ".join(context.labels)
                ),
                where=path,
                fix=_("Give the words labels in the place of scores."),
            )

        def answers(texts: Sequence[str]) -> Vector:
            if known.scores is None:
                return self._voted(context, known, texts)
            scores = [sum(map(float, known.said(text))) for text in texts]
            return self._answers(context, np.array(scores), NOTHING)

        return _outcome(context, answers, start, Path(path))

    def _voted(self, context: Context, known: WordList, texts: Sequence[str]) -> Vector:
        """(N, C): the label of the most words; of equally many, the more frequent class."""
        shares = np.average(context.truth["train"], axis=0, weights=context.weights)
        votes = np.zeros((len(texts), len(context.labels)))
        for row, text in zip(votes, texts, strict=True):
            for label in known.said(text):
                row[context.labels.index(str(label))] += 1
        said = (votes + shares / 2).argmax(1)  # shares are less than a vote
        rest = (1 - SURE) / max(1, len(context.labels) - 1)
        return np.where(np.arange(len(context.labels)) == said[:, None], SURE, rest)

    def _of_sentiment(self, context: Context) -> bool:
        """Whether the classes are good and bad, and perhaps neither."""
        signs = self._signs(context)
        return None not in signs and len(signs) == len(set(signs)) and {-1, 1} <= set(signs)

    def _signs(self, context: Context) -> list[int | None]:
        return [SIGNS.get(label.strip().lower()) for label in context.labels]

    def _answers(self, context: Context, scores: Vector, least: float = THRESHOLD) -> Vector:
        """(N, C) probabilities from scores (N,), of which those nearer to 0 than ``least`` are neutral."""
        signs = np.array(self._signs(context), dtype=float)
        if 0 in signs:
            signed = np.where(scores >= least, 1, np.where(scores <= -least, -1, 0))
        else:
            shares = np.average(context.truth["train"], axis=0, weights=context.weights)
            signed = np.where(scores == 0, signs[shares.argmax()], np.sign(scores))
        rest = (1 - SURE) / (len(signs) - 1)
        return np.where(signed[:, None] == signs, SURE, rest)


def _outcome(
    context: Context, answers: Callable[[Sequence[str]], Vector], start: float, words: Path
) -> Outcome:
    """By what is answered to texts, from the file ``words``."""
    dev, test = (answers(context.texts(split)) for split in ("dev", "test"))
    seconds = time.perf_counter() - start
    return Outcome(dev, test, seconds, words.stat().st_size, lambda example: answers([example.text]))
