"""Relevance: rows of pairs, their targets, and the loss written out."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from afina.data.example import Where
from afina.data.match import Document, Match
from afina.data.row import Paired, Tools
from afina.models.load import Model, load
from afina.objectives.relevance import Relevance

MATCH = Match(
    where=Where("t", 1), text="the phone ?", document=Document(0, "a great phone"), grade=1.0, weight=2.0,
    negatives=(Document(1, "the box is late"), Document(2, "bad")), relevant={0: 1.0},
)  # fmt: skip


def test_a_match_is_a_row_for_each_document(tiny_model: Path) -> None:
    tools = Tools(load(Model(name=str(tiny_model))).tokenizer, (), 64, greatest_grade=4.0)
    rows = Relevance().pieces(MATCH, tools)
    assert [row.target for row in rows] == [(0.25,), (0.0,), (0.0,)]
    assert {row.weight for row in rows} == {2.0}
    expected = tools.tokenizer("the phone ?", "the box is late")["input_ids"]
    assert list(rows[1].ids) == expected
    scores = torch.tensor([[0.3], [-1.0], [2.0]], dtype=torch.float64)
    batch = Relevance().collate(rows, tools)
    loss = Relevance().loss(lambda **_: scores, batch, tools)["rows"]
    chances = [1 / (1 + math.exp(-float(score))) for score in scores]
    first = -(0.25 * math.log(chances[0]) + 0.75 * math.log(1 - chances[0]))
    assert float(loss) == pytest.approx(2 * (first - math.log(1 - chances[1]) - math.log(1 - chances[2])))
    assert Relevance().weigh(batch, tools) == {"rows": 6.0}


def test_the_longer_text_is_cut_first(tiny_model: Path) -> None:
    tools = Tools(load(Model(name=str(tiny_model))).tokenizer, (), 12)
    long = Match(
        where=Where("t", 1), text="the phone ?", document=Document(0, "a great phone " * 9), grade=1.0,
        relevant={0: 1.0},
    )  # fmt: skip
    row = Relevance().encode(long, tools)
    assert len(row.ids) == 12
    assert row.cut == 3 + 27 + 3 - 12
    assert list(row.ids[1:4]) == tools.tokenizer("the phone ?", add_special_tokens=False)["input_ids"]


def test_networks_with_segments_are_told_which_text_a_token_is_of() -> None:
    class Segments:
        pad_token_id = 0
        model_input_names = ("input_ids", "token_type_ids", "attention_mask")

    rows = [Paired((1, 5, 2, 6, 2), second=3), Paired((1, 5, 2), second=3)]
    batch = Relevance().collate(rows, Tools(Segments(), (), 8))
    assert batch.inputs["token_type_ids"].tolist() == [[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]
    assert batch.targets is None
