"""What labelling functions say of rows, and how much that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from ...errors import InputError, Problem
from ..read import complain
from .functions import LabellingFunction, Rows
from .label_models import ABSTAINS, Chances, Matrix

__all__ = ["Votes", "as_matrix", "cast", "summary"]

Cast = dict[str, list[str | None]]


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes on rows without a label, and on rows that were labelled by hand."""

    functions: tuple[str, ...]
    labels: tuple[str, ...]
    """A class's number is its place here."""
    free: Matrix
    """(N, F) class numbers, ABSTAINS where a function does not vote."""
    known: Matrix
    """(M, F) likewise."""
    truth: NDArray[np.int64]
    """(M,) class numbers; ABSTAINS for labels that no function gives."""


def cast(functions: Mapping[str, LabellingFunction], rows: Rows, known: Sequence[Problem] = ()) -> Cast:
    """Voter -> the label of each row, or None.

    Raises DataError with the problems of all functions, those that are ``known`` already among them.
    """
    found: Cast = {}
    problems = list(known)
    for name, function in functions.items():
        try:
            votes = function.vote(rows)
        except InputError as error:
            problems += error.problems
            continue
        found |= {f"{name}.{part}" if part else name: labels for part, labels in votes.items()}
    complain(problems)
    return found


def as_matrix(cast: Cast, functions: Sequence[str], labels: Sequence[str], rows: int) -> Matrix:
    """(N, F); a function that said nothing at all of the rows abstains on each."""
    number = {label: place for place, label in enumerate(labels)}
    columns = [[number.get(label or "", ABSTAINS) for label in cast.get(f, [None] * rows)] for f in functions]
    return np.array(columns, dtype=np.int64).reshape(len(functions), rows).T


def summary(votes: Votes, chances: Chances) -> list[dict[str, Any]]:
    """What is known of each function.

    Coverage, overlaps and conflicts are shares of all unlabelled rows, as in Snorkel (Ratner et al. 2017):
    those on which it votes, on which another one does too, and on which another one votes for another label.
    ``right`` counts its votes on rows that were labelled by hand, with the 95 % interval of Wilson 1927.

    Args:
        chances: (N, C) what the label model says of the unlabelled rows.
    """
    free, known = votes.free, votes.known
    voted = free != ABSTAINS
    told = []
    for number, name in enumerate(votes.functions):
        mine, column = voted[:, number], free[:, number]
        others = np.delete(free, number, axis=1)[mine]
        against = (others != ABSTAINS) & (others != column[mine, None])
        of_known = known[:, number] != ABSTAINS
        right = int((known[:, number] == votes.truth)[of_known].sum())
        told.append(
            {
                "name": name,
                "labels": [votes.labels[label] for label in np.unique(column[mine])],
                "coverage": float(mine.mean()),
                "overlaps": float((others != ABSTAINS).any(1).sum() / len(free)),
                "conflicts": float(against.any(1).sum() / len(free)),
                "known": int(of_known.sum()),
                "right": right,
                "accuracy": _wilson(right, int(of_known.sum())),
                "estimated": float(chances[mine, column[mine]].mean()) if mine.any() else None,
            }
        )
    return told


def _wilson(right: int, rows: int) -> dict[str, float] | None:
    if not rows:
        return None
    ends = binomtest(right, rows).proportion_ci(method="wilson")
    return {"value": right / rows, "low": float(ends.low), "high": float(ends.high)}
