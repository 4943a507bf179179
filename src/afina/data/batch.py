"""How rows are put into batches, and batches into tensors.

The order of the rows is a pure function of (seed, epoch), so that a resumed run meets the same batches.
Rows of one batch have about the same length: with under 5 % padding, nearly all the arithmetic is done on
real tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from .row import Batch, Row, Tools

__all__ = ["collate_texts", "epoch_order", "padding_share", "token_groups"]

#: Batches sorted together by length. More gives less padding but batches that are less random.
BUCKET_BATCHES = 50


def epoch_order(lengths: Sequence[int], batch: int, seed: int, epoch: int) -> list[list[int]]:
    """The row numbers of each optimizer step of one epoch.

    Rows are shuffled, sorted by length inside buckets of 50 batches, cut into batches, and the batches are
    shuffled. Every row appears once; only the last batch formed may be smaller than ``batch``.
    """
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(lengths))
    size = np.asarray(lengths)
    batches: list[list[int]] = []
    for start in range(0, len(order), batch * BUCKET_BATCHES):
        bucket = order[start : start + batch * BUCKET_BATCHES]
        bucket = bucket[np.argsort(size[bucket], kind="stable")]
        batches += [bucket[at : at + batch].tolist() for at in range(0, len(bucket), batch)]
    return [batches[place] for place in generator.permutation(len(batches))]


def token_groups(lengths: Sequence[int], rows: Sequence[int], budget: int) -> list[list[int]]:
    """Cuts ``rows`` into groups of at most ``budget`` tokens, padding included; longest rows first.

    The longest first: if memory does not suffice, it shows at once. A row longer than the budget stands
    alone.
    """
    groups: list[list[int]] = []
    for row in sorted(rows, key=lambda number: (-lengths[number], number)):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= budget:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def padding_share(lengths: Sequence[int], groups: Sequence[Sequence[int]]) -> float:
    """The share of positions that hold padding when ``groups`` are collated, 0 to 1."""
    real = sum(lengths[row] for group in groups for row in group)
    held = sum(len(group) * max(lengths[row] for row in group) for group in groups)
    return 1 - real / held if held else 0.0


def collate_texts(rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
    """Rows as tensors, padded on the right to the longest row."""
    longest = max(len(row.ids) for row in rows)
    pad = tools.tokenizer.pad_token_id or 0
    ids = torch.full((len(rows), longest), pad, dtype=torch.int64)
    mask = torch.zeros((len(rows), longest), dtype=torch.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row.ids)] = torch.tensor(row.ids, dtype=torch.int64)
        mask[place, : len(row.ids)] = 1
    labelled = all(row.target for row in rows)
    return Batch(
        inputs={"input_ids": ids, "attention_mask": mask},
        targets=torch.tensor([row.target for row in rows], dtype=torch.float32) if labelled else None,
        weights=torch.tensor([row.weight for row in rows], dtype=torch.float32),
        rows=tuple(numbers),
    )
