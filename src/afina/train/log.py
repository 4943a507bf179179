"""What a run tells while it runs. Shells listen; nothing they do can change the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Event", "Listener", "ignore"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    ========== ==========================================================================================
    kind       data
    ========== ==========================================================================================
    note       text: a sentence, such as what was guessed
    warning    text: a sentence
    stage      name: data, audit, model, baselines, train, evaluate, artifact, report
    phase      number, count: which training of several begins
    finding    a finding of the audit, as plain values
    baseline   name, seconds
    progress   step, steps, epoch, loss, learning_rate, dev_metric, tokens_per_second, memory_bytes,
               seconds_left
    evaluation step, epoch, train_loss, dev_loss, dev_metric, best
    checkpoint step, path
    resumed    step, path
    done       run, report
    ========== ==========================================================================================
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listens to nothing."""
