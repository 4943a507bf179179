"""How fast a training goes."""

from __future__ import annotations

import time
from typing import Any

from .runtime import Runtime
from .state import Progress

__all__ = ["Meter"]


class Meter:
    """Time and tokens of the training itself; evaluations and saves are left out of the speed."""

    def __init__(self, progress: Progress, steps: int, steps_per_epoch: int) -> None:
        self._progress, self._steps, self._steps_per_epoch = progress, steps, steps_per_epoch
        self._began = time.perf_counter()
        self._step_began = self._began
        self._first_step, self._first_tokens = progress.step, progress.tokens
        self._training = 0.0

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    @property
    def tokens_per_second(self) -> float:
        return (self._progress.tokens - self._first_tokens) / self._training if self._training else 0.0

    def start(self) -> None:
        self._step_began = time.perf_counter()

    def tick(self, loss: float, learning_rate: float) -> dict[str, Any]:
        self._training += time.perf_counter() - self._step_began
        progress = self._progress
        a_step = self.seconds / (progress.step - self._first_step)
        return {
            "step": progress.step,
            "steps": self._steps,
            "epoch": progress.step / self._steps_per_epoch,
            "loss": loss,
            "learning_rate": learning_rate,
            "dev_metric": progress.history[-1]["dev_metric"] if progress.history else None,
            "tokens_per_second": self.tokens_per_second,
            "memory_bytes": Runtime.peak_memory_bytes(),
            "seconds_left": a_step * (self._steps - progress.step),
        }
