"""How rows are put into batches, and batches into tensors.

The order of the rows is a pure function of (seed, epoch), so that a resumed run meets the same batches.
Rows of one batch have about the same length: with under 5 % padding, nearly all the arithmetic is done on
real tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .row import Batch, Matched, Paired, Row, SourceTarget, Tools

__all__ = [
    "OUTSIDE", "collate_answers", "collate_matches", "collate_texts", "collate_tokens", "epoch_order",
    "padding_share", "token_groups",
]  # fmt: skip

#: Of a text of a batch that is no negative of a question, such as other questions.
OUTSIDE = -1.0

#: Batches sorted together by length. More gives less padding but batches that are less random.
BUCKET_BATCHES = 50


def epoch_order(lengths: Sequence[int], batch: int, seed: int, epoch: int) -> list[list[int]]:
    """The row numbers of each of the ``ceil(N / batch)`` optimizer steps of one epoch; every row once.

    Rows are shuffled, sorted by length inside buckets of 50 batches, cut into batches, and the batches are
    shuffled. A batch has ``batch`` rows, give or take a quarter, so that the cuts fall where lengths change;
    where there are too few rows for that, they are shared out.
    """
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(lengths))
    size = np.asarray(lengths)
    batches: list[list[int]] = []
    for start in range(0, len(order), batch * BUCKET_BATCHES):
        bucket = order[start : start + batch * BUCKET_BATCHES]
        bucket = bucket[np.argsort(size[bucket], kind="stable")]
        batches += [part.tolist() for part in np.split(bucket, _cuts(size[bucket], batch))]
    return [batches[place] for place in generator.permutation(len(batches))]


def _cuts(lengths: NDArray[np.int64], batch: int) -> list[int]:
    """Where to cut ascending lengths (n,) into ``ceil(n / batch)`` batches that hold the least padding.

    Of equally good ways the one whose batches are nearest to ``batch`` rows; by dynamic programming over the
    number of batches and of rows.
    """
    rows, count = len(lengths), -(-len(lengths) // batch)
    least, most = min(batch - batch // 4, rows // count), batch + batch // 4
    if lengths[0] == lengths[-1]:  # nothing to gain, and rows whose features are known are many
        return list(accumulate(len(part) for part in np.array_split(lengths, count)))[:-1]
    # Positions count first, and differences from the wished size second.
    unit = 1 + count * max(batch - least, most - batch) ** 2
    best = np.full(rows + 1, np.inf)
    best[0] = 0
    chosen = []
    for _batch in range(count):
        reached, size = np.full(rows + 1, np.inf), np.zeros(rows + 1, np.int64)
        for taken in range(least, min(most, rows) + 1):
            cost = best[: rows + 1 - taken] + (taken * lengths[taken - 1 :] * unit + (taken - batch) ** 2)
            better = np.flatnonzero(cost < reached[taken:])
            reached[taken + better], size[taken + better] = cost[better], taken
        best = reached
        chosen.append(size)
    cuts = [rows]
    for size in reversed(chosen):
        cuts.append(cuts[-1] - int(size[cuts[-1]]))
    return cuts[-2:0:-1]


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
    ids, mask = _padded([row.read for row in rows], tools)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if "token_type_ids" in getattr(tools.tokenizer, "model_input_names", ()) and isinstance(rows[0], Paired):
        inputs["token_type_ids"] = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            assert isinstance(row, Paired)
            inputs["token_type_ids"][place, row.second : len(row.ids)] = 1
    labelled = all(row.target for row in rows)
    return Batch(
        inputs=inputs,
        targets=torch.tensor([row.target for row in rows], dtype=torch.float32) if labelled else None,
        weights=torch.tensor([row.weight for row in rows], dtype=torch.float32),
        rows=tuple(numbers),
    )


def _padded(rows: Sequence[Sequence[int]], tools: Tools) -> tuple[Tensor, Tensor]:
    """(B, T) int64 ids and mask, padded on the right."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), tools.tokenizer.pad_token_id or 0, dtype=torch.int64)
    mask = torch.zeros((len(rows), longest), dtype=torch.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row, dtype=torch.int64)
        mask[place, : len(row)] = 1
    return ids, mask


def collate_tokens(
    rows: Sequence[Row],
    labelled: Sequence[tuple[int, int, int, float]],
    tools: Tools,
    numbers: Sequence[int] = (),
) -> Batch:
    """Rows as tensors, with the tokens that are to be predicted.

    Args:
        labelled: of each such token the row's place in ``rows``, the place in the row that predicts it, its
            id, and how much it counts.
    """
    batch = collate_texts(rows, tools, numbers)
    owners, places, targets, counts = zip(*labelled, strict=True) if labelled else ((), (), (), ())
    tokens = {
        "owners": torch.tensor(owners, dtype=torch.int64),
        "places": torch.tensor(places, dtype=torch.int64),
        "targets": torch.tensor(targets, dtype=torch.int64),
        "counts": torch.tensor(counts, dtype=torch.float32),
    }
    return Batch(batch.inputs | tokens, tokens["targets"], batch.weights, batch.rows)


def collate_answers(rows: Sequence[SourceTarget], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
    """What encoders read and decoders write as tensors.

    A decoder reads its answer moved by one place, behind :attr:`Tools.start`, and predicts at each place the
    token of the answer itself. Padding on its right is seen by none of them.
    """
    labelled = [
        (owner, place, row.written[place], row.counts[row.asked + place] * row.weight)
        for owner, row in enumerate(rows)
        for place in range(len(row.written))
        if row.counts[row.asked + place] > 0
    ]
    assert tools.start is not None
    moved, _mask = _padded([(tools.start, *row.written[:-1]) for row in rows], tools)
    batch = collate_tokens(rows, labelled, tools, numbers)
    return replace(batch, inputs=batch.inputs | {"decoder_input_ids": moved})


def collate_matches(rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
    """All texts of the rows as tensors, padded on the right to the longest one.

    ``targets`` (B, T) says what each of the T texts is to each question: 1 its document, which stands right
    behind it, 0 a negative, OUTSIDE neither. It is None where rows are single texts.
    """
    texts = collate_texts([part for row in rows for part in row.parts], tools)
    matched = [row for row in rows if isinstance(row, Matched)]
    if not matched:
        return Batch(texts.inputs, None, texts.weights, tuple(numbers))
    found = [(None, *row.documents) for row in matched]
    documents = [number for row in found for number in row]
    targets = torch.tensor(
        [[OUTSIDE if n is None or n in row.relevant else 0.0 for n in documents] for row in matched]
    )
    place = 0
    for number, row in enumerate(found):
        targets[number, place + 1] = 1.0
        place += len(row)
    return Batch(texts.inputs, targets, torch.tensor([row.weight for row in matched]), tuple(numbers))
