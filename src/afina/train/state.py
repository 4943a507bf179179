"""Where a training stands: everything beside the tensors that the next step depends on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Self

__all__ = ["Progress"]


@dataclass(slots=True)
class Progress:
    """The loop's own state. JSON keeps every float exactly, so resuming continues with the same bits."""

    step: int = 0
    """Optimizer steps made."""
    best_step: int | None = None
    """The step whose weights did best on dev."""
    best_value: float = -math.inf
    """Their metric on dev."""
    best_loss: float = math.inf
    """Their loss on dev, which decides between equal metrics."""
    stale: int = 0
    """Evaluations since the best one."""
    evaluated: int | None = None
    """The step of the last evaluation."""
    tokens: int = 0
    """Real tokens trained on."""
    loss: float = 0.0
    """Sum of losses since the last evaluation."""
    weight: float = 0.0
    """Sum of their weights."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """One entry an evaluation: step, epoch, train_loss, dev_loss, dev_metric."""

    def plain(self) -> dict[str, Any]:
        values = asdict(self)
        # JSON has no infinity; before the first evaluation both are known without being written.
        if self.best_step is None:
            del values["best_value"], values["best_loss"]
        return values

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        return cls(**values)
