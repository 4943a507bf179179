"""A head that is solved for in one go instead of trained."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from .fit import Fitted, Job, scores
from .state import Progress

__all__ = ["solve"]


def solve(job: Job) -> Fitted:
    """Gives the network the best head for its objective on its frozen trunk's output, as dev chooses it.

    Of equally good ones the most regularised is taken.
    """
    features, strengths = job.train.features, job.adapted.closed_form
    assert features is not None
    assert strengths is not None
    truth = np.array([row.target for row in job.train.rows], dtype=np.float64)
    weights = np.array([row.weight for row in job.train.rows], dtype=np.float64)
    heads = [job.objective.solve(features.numpy(), truth, weights, c, job.tools) for c in sorted(strengths)]
    values = []
    for head in heads:
        _put(job, *head)
        answered, loss = scores(job, job.dev)
        values.append(-loss if job.measure is None else job.measure(answered))
    _put(job, *heads[int(np.argmax(values))])
    job.adapted.network.eval()
    return Fitted(Progress(), 0.0)


@torch.no_grad()
def _put(job: Job, weight: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    head = job.adapted.network.head
    head.weight.copy_(torch.from_numpy(weight))
    head.bias.copy_(torch.from_numpy(bias))
