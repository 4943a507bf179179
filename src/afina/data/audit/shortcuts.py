"""Shortcuts: something beside the meaning of a text that gives its label away."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import binom

from ...language import _, share
from .base import Audited, Check, Finding

__all__ = ["Shortcuts"]

_TOKEN = re.compile(r"\w+|[^\w\s]")
#: Rows that a token must have to be tried, classes of equal size that lengths are put into, folds.
_ROWS, _LENGTHS, _FOLDS = 10, 10, 5
#: Most chance there may be that a rule which tells nothing is reported.
_CHANCE = 0.01

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a label is told by, with what success on rows that the rule was not made from."""

    better: int
    """Rows that it gets right and the most frequent label does not."""
    worse: int
    """Rows that it gets wrong and the most frequent label does not."""
    errors: int
    """Rows that the most frequent label gets wrong."""
    name: str = ""
    """The token or the column."""

    @property
    def explained(self) -> float:
        """The share of the most frequent label's errors that it saves (lambda, Goodman & Kruskal 1954)."""
        return (self.better - self.worse) / max(1, self.errors)

    @property
    def chance(self) -> float:
        """p of McNemar's test, one-sided: how often a rule that tells nothing would do as well."""
        return float(binom.sf(self.better - 1, self.better + self.worse, 0.5))


class Shortcuts(Check):
    """The length, the group, another column or one single token that tells the labels suspiciously well.

    Told is by how much each beats the most frequent label, cross-validated: tokens and answers are chosen on
    rows that they are not measured on. Bonferroni's correction is made for the number of rules.
    """

    kind: Literal["shortcuts"] = "shortcuts"
    of_labels: ClassVar[bool] = True

    least: float = Field(0.1, gt=0, lt=1)
    """The least share of the errors of always answering the most frequent label that must be saved for
    something to be told, from 0 to 1."""
    strong: float = Field(0.5, gt=0, lt=1)
    """From this share on it is a warning rather than a note."""
    most: int = Field(20_000, ge=100)
    """Training rows looked at; of more, a sample is."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        rows = [row for row in audited.splits.train if row.label is not None]
        if audited.multi_label or len(rows) < _FOLDS * _ROWS:
            return
        random.Random(0).shuffle(rows)
        rows = rows[: self.most]
        truth = _numbered([row.label for row in rows])
        lengths = np.array([len(row.text) for row in rows])
        edges = np.quantile(lengths, np.arange(1, _LENGTHS) / _LENGTHS)
        remove = _("Unless it belongs to the task, remove it or even it out: a model would learn it first.")
        even = _(
            "The model does not read it. If it says where a text comes from, every source should have every "
            "label: else a model learns to tell the sources apart."
        )
        rules = [
            (
                _(
                    "The length of a text alone tells labels: it saves {share} of the errors of always "
                    "answering the most frequent one."
                ),
                _by_class(truth, np.searchsorted(edges, lengths)),
                remove,
            ),
            (
                _(
                    "The single token '{name}' tells labels: it saves {share} of the errors of always "
                    "answering the most frequent one."
                ),
                _by_token(truth, [row.text for row in rows]),
                remove,
            ),
            (
                _(
                    "The group of a row alone tells labels: it saves {share} of the errors of always "
                    "answering the most frequent one."
                ),
                # A row without a group is in one of its own, of which nothing is known.
                _by_class(truth, _numbered([row.group or f"#{n}" for n, row in enumerate(rows)])),
                remove,
            ),
        ]
        for column, values in audited.beside.items():
            told = _(
                "The column '{name}' alone tells labels: it saves {share} of the errors of always answering "
                "the most frequent one."
            )
            said = [values.get(row.where, f"#{n}") for n, row in enumerate(rows)]
            rules.append((told, _by_class(truth, _numbered(said), column), even))
        for told, rule, fix in rules:
            if rule.explained < self.least or rule.chance * len(rows) > _CHANCE:
                continue
            yield Finding(
                self.kind,
                "warning" if rule.explained >= self.strong and fix == remove else "note",
                told.format(share=share(rule.explained), name=rule.name),
                fix,
                (),
                len(rows),
            )


def _numbered(values: Sequence[str | None]) -> Numbers:
    numbers: dict[str | None, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values])


def _counted(groups: Numbers, truth: Numbers, count: int) -> Numbers:
    """(count, C) rows of each group with each label."""
    labels = int(truth.max()) + 1
    flat = np.bincount(groups * labels + truth, minlength=count * labels)
    return flat.reshape(count, labels)


def _rule(truth: Numbers, answers: Numbers, plain: Numbers, name: str = "") -> _Rule:
    right, before = answers == truth, plain == truth
    return _Rule(int((right & ~before).sum()), int((before & ~right).sum()), int((~before).sum()), name)


def _by_class(truth: Numbers, classes: Numbers, name: str = "") -> _Rule:
    """Answers the most frequent label of each class; that of all rows where the class is not known."""
    answers, plain = np.empty_like(truth), np.empty_like(truth)
    fold = np.arange(len(truth)) % _FOLDS
    for number in range(_FOLDS):
        held = fold == number
        counts = _counted(classes[~held], truth[~held], int(classes.max()) + 1)
        most = counts.sum(0).argmax()
        best = np.where(counts.any(1), counts.argmax(1), most)
        answers[held], plain[held] = best[classes[held]], most
    return _rule(truth, answers, plain, name)


def _by_token(truth: Numbers, texts: Sequence[str]) -> _Rule:
    """Answers one label where the best token stands, and one where it does not."""
    tokens = [set(_TOKEN.findall(text.casefold())) for text in texts]
    names: dict[str, int] = {}
    places = np.array([names.setdefault(token, len(names)) for each in tokens for token in sorted(each)])
    rows = np.repeat(np.arange(len(texts)), [len(each) for each in tokens])
    answers, plain = np.empty_like(truth), np.empty_like(truth)
    fold = np.arange(len(truth)) % _FOLDS

    def best(held: NDArray[np.bool_]) -> tuple[int, Numbers, Numbers]:
        """The token of the fewest errors on the other rows, its label and the one without it."""
        with_it = _counted(places[~held[rows]], truth[rows[~held[rows]]], len(names))
        without = np.bincount(truth[~held], minlength=with_it.shape[1]) - with_it
        right = with_it.max(1) + without.max(1)
        right[with_it.sum(1) < _ROWS] = 0
        token = int(right.argmax())
        return token, with_it[token].argmax(), without[token].argmax()

    for number in range(_FOLDS):
        held = fold == number
        token, present, absent = best(held)
        has = np.zeros(len(truth), dtype=bool)
        has[rows[places == token]] = True
        answers[held] = np.where(has[held], present, absent)
        plain[held] = np.bincount(truth[~held]).argmax()
    return _rule(truth, answers, plain, list(names)[best(np.zeros(len(truth), dtype=bool))[0]])
