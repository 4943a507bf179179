"""A model that tells labels, at work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..tasks.classify import Classify
from .pooled_model import PooledModel

__all__ = ["Predictor"]


@dataclass(frozen=True)
class Predictor(PooledModel):
    """Tells labels: ``label``, ``probability``, ``probabilities``, and ``labels`` where there are several."""

    task: Classify

    columns: ClassVar[tuple[str, ...]] = ("label", "probability")

    def answers(self, outputs: NDArray[Any]) -> Iterable[dict[str, Any]]:
        return self.task.answers(outputs, self.tools)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(N, C) probabilities of the labels, in the order of ``tools.labels``."""
        found: NDArray[np.float64] = self.outputs(texts)
        return found
