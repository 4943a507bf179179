"""The contrastive losses against sums written out pair by pair, and batches that hold every label."""

from __future__ import annotations

import math

import pytest
import torch

from afina.data.row import Batch, Row, Tools
from afina.objectives.contrastive import Contrastive

TOOLS = Tools(None, ("a", "b", "c"), 8)
LABELS = [0, 0, 1, 2, 2, 2]
WEIGHTS = [1.0, 2.0, 1.0, 0.5, 1.0, 3.0]


def batch() -> tuple[Batch, torch.Tensor]:
    vectors = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    targets = torch.eye(3)[LABELS]
    return Batch({}, targets, torch.tensor(WEIGHTS)), vectors


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(a @ b / (a.norm() * b.norm()))


def test_cosine_pair_by_pair() -> None:
    given, vectors = batch()
    sums, masses = {"alike": 0.0, "unlike": 0.0}, {"alike": 0.0, "unlike": 0.0}
    for i in range(6):
        for j in range(i + 1, 6):
            part, goal = ("alike", 1.0) if LABELS[i] == LABELS[j] else ("unlike", 0.0)
            mass = WEIGHTS[i] * WEIGHTS[j]
            masses[part] += mass
            sums[part] += mass * (cosine(vectors[i], vectors[j]) - goal) ** 2
    objective = Contrastive()
    losses = objective.loss(lambda vectors_=vectors, **_: vectors_, given, TOOLS)
    assert {part: float(loss) for part, loss in losses.items()} == pytest.approx(sums)
    assert objective.weigh(given, TOOLS) == pytest.approx(masses)


def test_multiple_negatives_anchor_by_anchor() -> None:
    given, vectors = batch()
    objective = Contrastive(form="multiple_negatives", temperature=0.2)
    total, mass = 0.0, 0.0
    for i in range(6):
        positives = [p for p in range(6) if p != i and LABELS[p] == LABELS[i]]
        if not positives:
            continue
        below = sum(math.exp(cosine(vectors[i], vectors[a]) / 0.2) for a in range(6) if a != i)
        terms = [-math.log(math.exp(cosine(vectors[i], vectors[p]) / 0.2) / below) for p in positives]
        total += WEIGHTS[i] * sum(terms) / len(terms)
        mass += WEIGHTS[i]
    loss = objective.loss(lambda vectors_=vectors, **_: vectors_, given, TOOLS)
    assert float(loss["anchors"]) == pytest.approx(total)
    assert objective.weigh(given, TOOLS) == pytest.approx({"anchors": mass})


def test_a_batch_of_one_label_weighs_only_what_it_has() -> None:
    given = Batch({}, torch.eye(3)[[1, 1]], torch.ones(2))
    assert Contrastive().weigh(given, TOOLS) == {"alike": 1.0, "unlike": 0.0}


@pytest.mark.parametrize(("counts", "size"), [((8, 8, 8), 8), ((40, 10, 4), 9), ((5, 5, 7), 16)])
def test_every_row_once_and_every_label_in_every_batch(counts: tuple[int, ...], size: int) -> None:
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    rows = [Row((n,), tuple(float(label == each) for each in range(3))) for n, label in enumerate(labels)]
    objective = Contrastive()
    steps = objective.order(rows, [1] * len(rows), size, 0, 0)
    assert sorted(number for step in steps for number in step) == list(range(len(rows)))
    assert len(steps) == math.ceil(len(rows) / size)
    assert max(map(len, steps)) <= size
    assert min(map(len, steps)) >= max(map(len, steps)) - 1
    if min(counts) >= len(steps):
        assert all({labels[number] for number in step} == {0, 1, 2} for step in steps)
    assert steps == objective.order(rows, [1] * len(rows), size, 0, 0)
    assert steps != objective.order(rows, [1] * len(rows), size, 0, 1)
