"""What examples are labelled with, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .example import LabelledText

__all__ = ["truth_of"]


def truth_of(examples: Sequence[LabelledText], labels: Sequence[str]) -> NDArray[np.float64]:
    """(N, C): the probability of each label, 0 where it is not named."""
    place = {label: number for number, label in enumerate(labels)}
    truth = np.zeros((len(examples), len(labels)))
    for row, example in zip(truth, examples, strict=True):
        for label, probability in (example.target or {}).items():
            row[place[label]] = probability
    return truth
