"""A person's own list of words, each with a label or with how good it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import DataError, Problem
from ..language import _
from ..section import near_miss, shown
from .columns import number_in
from .judgements import column
from .labels import is_missing, plain_label
from .load import Data
from .names import LABEL_NAMES
from .near_duplicates import normal_form
from .read import complain, read

__all__ = ["WordList", "read_word_list"]

_WORD = re.compile(r"\w+")
_WORD_NAMES = frozenset({"word", "words", "term", "token", "palabra", "palabras", "termino"})
_SCORE_NAMES = frozenset({"score", "polarity", "valence", "sentiment", "puntuacion", "polaridad", "valencia"})


@dataclass(frozen=True, slots=True)
class WordList:
    """What words say. A word may be several, such as "out of order"; case and accents make no difference."""

    scores: dict[tuple[str, ...], float] | None
    """Word -> above 0 for good, below 0 for bad; None where words have labels."""
    labels: dict[tuple[str, ...], str]
    """Word -> label; empty where words have scores."""

    def said(self, text: str) -> Iterator[float | str]:
        """The score or the label of every word of the list in the text, as often as it stands there."""
        known = self.labels if self.scores is None else self.scores
        words, longest = _words(text), max(map(len, known))
        for start in range(len(words)):
            for end in range(start + 1, min(start + longest, len(words)) + 1):
                found = known.get(words[start:end])
                if found is not None:
                    yield found


def read_word_list(path: str, labels: tuple[str, ...]) -> WordList:
    """A file with the columns word and score, or word and label.

    Args:
        labels: those that there are.

    Raises DataError with every row that cannot be used.
    """
    sheet = read(path, Data(path=path))
    word, score = column(sheet, _WORD_NAMES), column(sheet, _SCORE_NAMES)
    label = next((name for tier in LABEL_NAMES if (name := column(sheet, tier, but=(word, score)))), None)
    if word is None or (score is None and label is None):
        raise DataError(
            _(
                "a list of words needs the columns word and score, or word and label (there are: {names})."
            ).format(names=", ".join(sheet.columns)),
            where=path,
        )
    scores: dict[tuple[str, ...], float] = {}
    named: dict[tuple[str, ...], str] = {}
    problems = []
    for line, row in zip(sheet.lines, sheet.rows):
        where, words = f"{path}:{line}", _words("" if is_missing(row.get(word)) else str(row[word]))
        if not words:
            problems.append(Problem(_("there is no word in this row."), where))
        elif score is not None:
            value = number_in(row.get(score))
            if value is None:
                told = _("a number is needed (got {value}).").format(value=shown(row.get(score)))
                problems.append(Problem(told, where))
            else:
                scores[words] = value
        elif (name := plain_label(row.get(str(label)))) not in labels:
            told = _("the data have no label {label}.").format(label=shown(name))
            problems.append(Problem(told, where, near_miss(name, labels)))
        else:
            named[words] = name
    complain(problems)
    return WordList(scores if score is not None else None, named)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(normal_form(text)))
