"""What a frozen trunk says of each row, computed once instead of once an epoch.

Exact under three conditions, which hold here: the trunk cannot change, it runs without dropout, and no row
is augmented. Then its output for a row is the same in every epoch, evaluation and baseline.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..data.batch import token_groups
from ..data.row import Batch, Row, Tools
from ..models.network import Network
from ..objectives import Objective
from .runtime import Runtime

__all__ = ["feature_batch", "pooled_features"]


@torch.no_grad()
def pooled_features(
    network: Network, objective: Objective, rows: Sequence[Row], tools: Tools, budget: int, runtime: Runtime
) -> Tensor:
    """(N, H) float32: the pooled output of the trunk for each row, in the order of ``rows``."""
    runtime.place(network)
    training = network.training
    network.eval()
    lengths = [len(row.ids) for row in rows]
    features: Tensor | None = None
    for group in token_groups(lengths, range(len(rows)), budget):
        batch = runtime.move(objective.collate([rows[number] for number in group], tools, group))
        vectors = network.pooled(**batch.inputs).cpu()
        if features is None:
            features = torch.empty(len(rows), vectors.shape[1])
        features[group] = vectors
    network.train(training)
    return torch.empty(0, network.head.in_features) if features is None else features


def feature_batch(rows: Sequence[Row], features: Tensor, numbers: Sequence[int]) -> Batch:
    """A batch that enters the network above its trunk."""
    return Batch(
        inputs={"features": features[list(numbers)]},
        targets=torch.tensor([rows[number].target for number in numbers], dtype=torch.float32),
        weights=torch.tensor([rows[number].weight for number in numbers], dtype=torch.float32),
        rows=tuple(numbers),
    )
