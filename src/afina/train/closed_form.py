"""A head that is solved for in one go instead of trained."""

from __future__ import annotations

import numpy as np
import torch

from ..models.linear import fit_linear
from .fit import Fitted, Job
from .state import Progress

__all__ = ["solve"]


def solve(job: Job) -> Fitted:
    """Gives the network the logistic regression on its frozen trunk's output that does best on dev.

    Of equally good ones the most regularised is taken.
    """
    features, strengths, measure = job.train.features, job.adapted.closed_form, job.measure
    assert features is not None
    assert job.dev.features is not None
    assert strengths is not None
    assert measure is not None
    truth = np.array([row.target for row in job.train.rows], dtype=np.float64)
    weights = np.array([row.weight for row in job.train.rows], dtype=np.float64)
    dev = job.dev.features.numpy()
    heads = []
    for c in sorted(strengths):
        weight, bias = fit_linear(features.numpy(), truth, weights, c=c, multi_label=job.tools.multi_label)
        heads.append((weight.astype(np.float32), bias.astype(np.float32)))
    best = max(heads, key=lambda head: measure(dev @ head[0].T + head[1]))
    head = job.adapted.network.head
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(best[0]))
        head.bias.copy_(torch.from_numpy(best[1]))
    job.adapted.network.eval()
    return Fitted(Progress(), 0.0)
