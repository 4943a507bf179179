"""Steps, tokens, memory and time of a training, before it runs.

Memory is counted; time is measured: a few of the run's own micro-batches go forward and backward
through the network that would be trained, and nothing is updated.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from ..models.network import Network
from ..train.fit import Job, epoch_groups
from .memory import forward_backward, memory

__all__ = ["Forecast", "forecast"]

#: Micro-batches that are timed, spread over the lengths of an epoch.
SAMPLE = 4


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a training would take."""

    epochs: int
    steps: int
    tokens: int
    padding: float
    seconds: float
    memory: dict[str, int]
    """Bytes: ``expected``, ``low`` and ``high``, and the parts that they are made of."""
    parameters: dict[str, int]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def forecast(job: Job) -> Forecast:
    """Measures and computes; the network is left as it was."""
    needed = memory(job)  # first: what is timed may leave memory behind
    feed, plan = job.train, job.plan
    lengths = feed.lengths
    groups = epoch_groups(job.settings, job.objective, feed, job.seed, 0)

    def cost(group: list[int]) -> int:
        """Tokens of a micro-batch with its padding; the first row is the longest."""
        return len(group) * lengths[group[0]]

    by_cost = sorted(groups, key=cost)
    tokens = sum(len(row.ids) for row in feed.rows) * plan.epochs
    if job.adapted.closed_form is not None:
        seconds = 0.0
    else:
        picked = [by_cost[int((place + 0.5) / SAMPLE * len(by_cost))] for place in range(SAMPLE)]
        _timed(job, picked[:1])  # the first pass also pays for allocating memory
        a_token = _timed(job, picked) / sum(map(cost, picked))
        seconds = a_token * sum(map(cost, groups)) * plan.epochs
    return Forecast(
        epochs=plan.epochs,
        steps=plan.steps,
        tokens=tokens,
        padding=plan.padding,
        seconds=seconds,
        memory=needed.plain(),
        parameters=count(job.adapted.network),
    )


def count(network: Network) -> dict[str, int]:
    """How many numbers the network has, and how many of them move."""
    parameters = list(network.parameters())
    return {
        "total": sum(parameter.numel() for parameter in parameters),
        "trainable": sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
    }


def _timed(job: Job, groups: list[list[int]]) -> float:
    job.adapted.train_mode()
    began = time.perf_counter()
    for group in groups:
        forward_backward(job, group)
    seconds = time.perf_counter() - began
    job.adapted.network.zero_grad(set_to_none=True)
    return seconds
