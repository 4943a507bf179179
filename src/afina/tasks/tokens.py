"""What tasks have in common whose network says which token is likely."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.row import Tools
from .base import Task

__all__ = ["TokenTask"]


class TokenTask(Task, ABC):
    """Base of tasks without labels: rows are measured by the losses of their tokens."""

    measured_by: ClassVar[str] = "losses"
    by_loss: ClassVar[bool] = True
    primary_metric: ClassVar[str] = "perplexity"
    general: bool = True
    """Whether it is measured what the model forgets: its perplexity on general texts, before and after. They
    are in Spanish for Spanish data, and in English for all others."""

    def metrics(self, tools: Tools) -> tuple[str, ...]:
        return ("perplexity",)

    def truth(self, examples: Sequence[Any], tools: Tools) -> NDArray[np.float64]:
        """Zeros (N, 2): the losses themselves are measured."""
        return np.zeros((len(examples), 2))

    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[np.float64]:
        result: NDArray[np.float64] = scores.double().numpy()
        return result
