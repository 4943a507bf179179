"""Rows of the word embeddings that no training row uses are left out, and nothing else is different."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from afina.data.row import Row
from afina.models.load import Model, load
from afina.models.network import Network, PooledNetwork
from afina.train.used_tokens import used_tokens

ROWS = [Row((2, 7, 8, 9, 3)), Row((2, 30, 8, 3))]
USED = [0, 2, 3, 7, 8, 9, 30]
TABLE = "trunk.embeddings.word_embeddings.weight"


def network(folder: Path) -> Network:
    loaded = load(Model(name=str(folder)))
    torch.manual_seed(2)
    return PooledNetwork(loaded.trunk, "mean", loaded.width, 3, 0.0)


def inputs(rows: list[list[int]]) -> dict[str, torch.Tensor]:
    ids = torch.tensor(rows)
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


BATCH = inputs([[2, 7, 8, 9, 3], [2, 30, 8, 3, 0]])


def test_learns_as_the_whole_table_does(tiny_model: Path) -> None:
    """AdamW without decay for ten steps: the used rows agree to the last bit, the others did not move."""
    results = {}
    for narrow in (False, True):
        net = network(tiny_model)
        before = net.state_dict()[TABLE].clone()

        def train(net: Network) -> None:
            optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=0.0)
            for _ in range(10):
                optimizer.zero_grad()
                net(**BATCH).square().sum().backward()
                optimizer.step()

        if narrow:
            with used_tokens(net, ROWS):
                assert dict(net.named_parameters())[TABLE].shape == (len(USED), 32)
                train(net)
        else:
            train(net)
        results[narrow] = net.state_dict()
    assert results[True].keys() == results[False].keys()
    assert all(torch.equal(results[True][name], results[False][name]) for name in results[True])
    moved = (results[True][TABLE] != before).any(1).nonzero().squeeze(1).tolist()
    assert moved == [token for token in USED if token != 0]  # the padding token never learns


def test_tokens_that_are_not_trained_can_be_read(tiny_model: Path) -> None:
    net = network(tiny_model).eval()
    other = inputs([[2, 40, 41, 8, 3]])
    expected = net(**other)
    with used_tokens(net, ROWS):
        assert torch.equal(net(**other), expected)


def test_what_was_learnt_is_kept_when_training_fails(tiny_model: Path) -> None:
    net = network(tiny_model)

    def interrupted() -> None:
        with used_tokens(net, ROWS), torch.no_grad():
            dict(net.named_parameters())[TABLE].fill_(0.5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    table = net.get_parameter(TABLE)
    assert table.requires_grad
    assert (table[USED] == 0.5).all()
    assert not (table[40] == 0.5).any()


def test_frozen_embeddings_are_left_alone(tiny_model: Path) -> None:
    net = network(tiny_model)
    net.trunk.embeddings.requires_grad_(False)
    table = net.trunk.embeddings.word_embeddings
    with used_tokens(net, ROWS):
        assert net.trunk.embeddings.word_embeddings is table


def test_a_shared_table_is_left_alone(tiny_model: Path) -> None:
    net = network(tiny_model)
    net.tied = torch.nn.Linear(32, 8, bias=False)
    table = net.trunk.embeddings.word_embeddings
    net.tied.weight = table.weight
    with used_tokens(net, ROWS):
        assert net.trunk.embeddings.word_embeddings is table
