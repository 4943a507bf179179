"""InfoNCE against its formula written out, and against sentence-transformers."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import cosine_similarity

from afina.data.batch import OUTSIDE
from afina.data.row import Batch, Matched, Tools
from afina.objectives.info_nce import InfoNce

TOOLS = Tools(None, (), 8)
#: Document, negatives and what else answers, of three questions; the third knows the first one's document.
ROWS = [(0, (5,), {0}), (1, (6, 7), {1}), (2, (), {2, 0})]
WEIGHTS = [1.0, 2.0, 0.5]


class Padded:
    pad_token_id = 0


def rows() -> list[Matched]:
    made = []
    for (document, negatives, relevant), weight in zip(ROWS, WEIGHTS, strict=True):
        documents = (document, *negatives)
        ids = (9, *(10 + number for number in documents))
        ends = tuple(range(1, len(ids) + 1))
        made.append(Matched(ids, weight=weight, ends=ends, documents=documents, relevant=frozenset(relevant)))
    return made


def batch() -> tuple[Batch, torch.Tensor]:
    collated = InfoNce().collate(rows(), Tools(Padded(), (), 8))
    vectors = torch.randn(9, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return collated, vectors


def test_the_texts_of_a_batch_and_what_they_are_to_each_question() -> None:
    collated, _vectors = batch()
    assert collated.inputs["input_ids"].flatten().tolist() == [9, 10, 15, 9, 11, 16, 17, 9, 12]
    out = OUTSIDE
    assert collated.targets is not None
    assert collated.targets.tolist() == [
        [out, 1, 0, out, 0, 0, 0, out, 0],
        [out, 0, 0, out, 1, 0, 0, out, 0],
        [out, out, 0, out, 0, 0, 0, out, 1],
    ]


def test_question_by_question() -> None:
    collated, vectors = batch()
    objective, numbers = InfoNce(temperature=0.2), [None, 0, 5, None, 1, 6, 7, None, 2]
    total = 0.0
    for question, (document, _negatives, relevant), weight in zip((0, 3, 7), ROWS, WEIGHTS, strict=True):
        near = {
            number: math.exp(float(cosine_similarity(vectors[question], vectors[place], dim=0)) / 0.2)
            for place, number in enumerate(numbers)
            if number is not None
        }
        others = [number for number in near if number == document or number not in relevant]
        total -= weight * math.log(near[document] / sum(near[number] for number in others))
    loss = objective.loss(lambda **_: vectors, collated, TOOLS)
    assert float(loss["rows"]) == pytest.approx(total)
    assert objective.weigh(collated, TOOLS) == {"rows": sum(WEIGHTS)}
    outcome = objective.outcome(vectors, collated)
    assert torch.allclose(outcome, torch.nn.functional.normalize(vectors[[0, 3, 7]], dim=-1))


def test_as_sentence_transformers() -> None:
    losses = pytest.importorskip("sentence_transformers.losses")
    draw = torch.Generator().manual_seed(1)
    questions, documents, negatives = (torch.randn(5, 8, generator=draw) for _ in range(3))
    given = [
        Matched((1, 2, 3), ends=(1, 2, 3), documents=(n, 10 + n), relevant=frozenset({n})) for n in range(5)
    ]
    collated = InfoNce().collate(given, Tools(Padded(), (), 8))
    stacked = torch.stack([questions, documents, negatives], 1).flatten(0, 1)
    own = InfoNce(temperature=0.05).loss(lambda **_: stacked, collated, TOOLS)["rows"] / 5
    theirs = losses.MultipleNegativesRankingLoss(torch.nn.Identity(), scale=20.0)
    expected = theirs.compute_loss_from_embeddings([questions, documents, negatives], None)
    torch.testing.assert_close(own, expected)
