"""How the rows of a step become micro-batches, and how processes share them: pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

from ..data.batch import token_groups
from ..objectives import Objective

__all__ = ["counted", "divided", "micro_batches", "paced", "step_shares"]

T = TypeVar("T")


def micro_batches(
    objective: Objective, lengths: Sequence[int], numbers: list[int], budget: int
) -> list[list[int]]:
    """The rows of one step, cut into at most ``budget`` tokens where the objective allows it."""
    return token_groups(lengths, numbers, budget) if objective.divisible else [numbers]


def step_shares(
    objective: Objective, lengths: Sequence[int], numbers: list[int], budget: int, processes: int
) -> list[list[tuple[list[int], float]]]:
    """For each process its micro-batches of one step, as :func:`paced` gives them.

    Rows that see each other stay together, in the first process.
    """
    if objective.divisible:
        apart = divided(numbers, lengths, processes)
    else:
        apart = [numbers, *([] for _process in range(processes - 1))]
    return paced([micro_batches(objective, lengths, own, budget) if own else [] for own in apart])


def divided(numbers: Sequence[int], lengths: Sequence[int], processes: int) -> list[list[int]]:
    """The rows ``numbers`` in one share for each process, of about as many tokens; the first is never empty.

    The longest row left goes to the lightest share (Graham 1969).
    """
    shares: list[list[int]] = [[] for _process in range(processes)]
    loads = [0] * processes
    for number in sorted(numbers, key=lambda number: (-lengths[number], number)):
        lightest = loads.index(min(loads))
        shares[lightest].append(number)
        loads[lightest] += lengths[number]
    return shares


def paced(shares: Sequence[Sequence[T]]) -> list[list[tuple[T, float]]]:
    """For each process, its pieces of work and how much each counts: every process gets as many of them.

    A process that has fewer repeats one that counts for nothing, to meet the others in every collective.
    """
    pace = max(map(len, shares))
    spare = [(shares[0][-1], 0.0)] if pace else []
    return [[(piece, 1.0) for piece in share] + spare * (pace - len(share)) for share in shares]


def counted(parts: Iterable[tuple[dict[str, float], float]]) -> dict[str, float]:
    """Values times what each counts, summed under their names, which are the same in all parts."""
    terms: dict[str, list[float]] = {}
    for values, counts in parts:
        for name, value in values.items():
            # What counts for nothing may be infinite.
            terms.setdefault(name, []).append(counts * value if counts else 0.0)
    return {name: math.fsum(values) for name, values in terms.items()}
