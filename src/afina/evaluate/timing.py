"""What answering takes, for one row after the other, as a program at work would ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

__all__ = ["milliseconds"]

#: Rows that are timed; where they take long, no more are begun after so many seconds.
ROWS, SECONDS = 32, 1.0
#: So many are timed however long they take: the median then leaves out a slow first one.
LEAST = 3


def milliseconds(answer: Callable[[Any], Any], examples: Sequence[Any]) -> float:
    """The median time that ``answer`` takes for one of the examples, of which there is at least one."""
    took: list[float] = []
    for example in examples[:ROWS]:
        if len(took) >= LEAST and sum(took) > SECONDS:
            break
        began = time.perf_counter()
        answer(example)
        took.append(time.perf_counter() - began)
    return 1000 * median(took)
