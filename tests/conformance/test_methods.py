"""Every method in the table moves what it declares, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from afina.adapt import METHODS, Method
from afina.errors import RecipeError
from afina.models.load import Model, load
from afina.models.network import Network, PooledNetwork
from afina.train import optim


def variants() -> list[Method]:
    made = [cls() for _, cls in METHODS.items()]
    made += [
        METHODS.make({"kind": "top_blocks", "blocks": 3}),
        METHODS.make({"kind": "features", "head": "trained"}),
        METHODS.make({"kind": "full", "layer_decay": 0.5}),
    ]
    return made


def network(folder: Path) -> Network:
    loaded = load(Model(name=str(folder)))
    torch.manual_seed(2)
    return PooledNetwork(loaded.trunk, "mean", loaded.width, 3, 0.1)


def inputs() -> dict[str, torch.Tensor]:
    ids = torch.tensor([[2, 7, 8, 9, 3], [2, 30, 31, 3, 0]])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


@pytest.mark.parametrize("method", variants(), ids=repr)
def test_moves_exactly_what_it_declares(method: Method, tiny_model: Path) -> None:
    net = network(tiny_model)
    adapted = method.apply(net)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    declared = set(adapted.trainable())
    assert declared
    optimizer = optim.adamw(adapted, 1e-2, 0.01)
    adapted.enter_epoch(method.epochs)  # by then everything that ever moves does
    adapted.train_mode()
    net(**inputs()).square().sum().backward()
    optimizer.step()
    moved = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == declared
    assert set(adapted.state()) == declared


@pytest.mark.parametrize("method", variants(), ids=repr)
def test_each_parameter_is_in_one_group_at_its_own_rate(method: Method, tiny_model: Path) -> None:
    adapted = method.apply(network(tiny_model))
    groups = adapted.groups(1e-3, 0.1)
    members = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(members) == sorted(id(parameter) for parameter in adapted.trainable().values())
    for group in groups:
        assert group["lr"] > 0
        assert all((parameter.ndim >= 2) == (group["weight_decay"] > 0) for parameter in group["params"])


@pytest.mark.parametrize("method", variants(), ids=repr)
def test_frozen_blocks_really_cannot_change(method: Method, tiny_model: Path) -> None:
    """What a cache of the frozen prefix relies on: no trainable parameter and no dropout below the cut."""
    adapted = method.apply(network(tiny_model))
    adapted.train_mode()
    frozen = adapted.network.anatomy.frozen_below(adapted.frozen_blocks)
    assert bool(frozen) == (adapted.frozen_blocks >= 0)
    for module in frozen:
        assert not module.training
        assert not any(parameter.requires_grad for parameter in module.parameters())
    assert adapted.network.head.training


@pytest.mark.parametrize("method", variants(), ids=repr)
def test_merging_keeps_the_outputs(method: Method, tiny_model: Path) -> None:
    adapted = method.apply(network(tiny_model))
    adapted.network.eval()
    before = adapted.network(**inputs())
    assert torch.equal(adapted.merge()(**inputs()), before)


def test_no_gradient_below_the_lowest_block_that_learns(tiny_model: Path) -> None:
    """Autograd stops there: the outputs of the blocks below carry no graph."""
    recorded = {}
    for blocks in (1, 2, 3):
        adapted = METHODS.make({"kind": "top_blocks", "blocks": blocks}).apply(network(tiny_model))
        seen: list[bool] = []
        for block in adapted.network.anatomy.blocks:
            block.register_forward_hook(
                lambda module, given, made, seen=seen: seen.append(
                    (made[0] if isinstance(made, tuple) else made).requires_grad
                )
            )
        adapted.network(**inputs()).sum().backward()
        recorded[blocks] = seen
    assert recorded == {1: [False, False, True], 2: [False, True, True], 3: [True, True, True]}


def test_too_many_blocks_is_told(tiny_model: Path) -> None:
    with pytest.raises(RecipeError, match=r"adapt\.blocks: this network has 3 blocks \(got 9\)"):
        METHODS.make({"kind": "top_blocks", "blocks": 9}).apply(network(tiny_model))
