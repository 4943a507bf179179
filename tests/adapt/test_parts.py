"""Methods that choose parts of the network: which, and at what rate."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from afina.adapt import METHODS
from afina.adapt.base import Adapted
from afina.errors import RecipeError
from afina.models.load import Model, load
from afina.models.network import Network, PooledNetwork
from networks import make

TEXT_FAMILIES = (
    "bert", "roberta", "distilbert", "modernbert", "deberta-v2", "gpt2", "llama", "qwen3", "gemma3",
    "t5 encoder",
)  # fmt: skip


def network(folder: Path) -> Network:
    loaded = load(Model(name=str(folder)))
    return PooledNetwork(loaded.trunk, "mean", loaded.width, 3, 0.1)


def rates(adapted: Adapted, peak: float) -> dict[str, float]:
    names = {id(p): name for name, p in adapted.network.named_parameters()}
    return {names[id(p)]: group["lr"] / peak for group in adapted.groups(peak, 0.0) for p in group["params"]}


def test_rates_fall_by_depth(tiny_model: Path) -> None:
    method = METHODS.make({"kind": "full", "layer_decay": 0.5, "head_factor": 4.0})
    found = rates(method.apply(network(tiny_model)), 0.25)
    assert {rate for name, rate in found.items() if name.startswith("head.")} == {4.0}
    for block, rate in enumerate((0.25, 0.5, 1.0)):
        inside = {r for name, r in found.items() if f".layer.{block}." in name}
        assert inside == {rate}
    assert {rate for name, rate in found.items() if ".embeddings." in name} == {0.125}


def learning_blocks(net: Network) -> list[bool]:
    return [all(p.requires_grad for p in block.parameters()) for block in net.anatomy.blocks]


def test_blocks_join_in_from_the_top(tiny_model: Path) -> None:
    net = network(tiny_model)
    adapted = METHODS.make({"kind": "gradual", "blocks_per_epoch": 1}).apply(net)
    seen = []
    for epoch in range(5):
        adapted.enter_epoch(epoch)
        adapted.train_mode()
        embedded = all(p.requires_grad for module in net.anatomy.embed for p in module.parameters())
        seen.append((learning_blocks(net), embedded))
        assert [block.training for block in net.anatomy.blocks] == learning_blocks(net)
        assert net.head.weight.requires_grad
    assert seen == [
        ([False, False, False], False),
        ([False, False, True], False),
        ([False, True, True], False),
        ([True, True, True], True),
        ([True, True, True], True),
    ]


@pytest.mark.parametrize("family", TEXT_FAMILIES)
def test_norms_of_every_family(family: str) -> None:
    net = PooledNetwork(make(family), "mean", 16, 3, 0.0)
    METHODS.make("norms").apply(net)
    learning = {name for name, p in net.trunk.named_parameters() if p.requires_grad}
    assert learning
    # One number for each of the 16 of the hidden state, or the 8 of a head (Qwen and Gemma scale queries).
    assert {p.numel() for p in net.trunk.parameters() if p.requires_grad} <= {8, 16}
    plain = (nn.Linear, nn.Embedding, nn.Conv1d)
    for name, module in net.trunk.named_modules():
        if isinstance(module, plain):
            assert f"{name}.weight" not in learning


@pytest.mark.parametrize("family", TEXT_FAMILIES)
def test_biases_of_every_family(family: str) -> None:
    net = PooledNetwork(make(family), "mean", 16, 3, 0.0)
    biases = sum(p.numel() for name, p in net.trunk.named_parameters() if name.endswith("bias"))
    method = METHODS.make("bias")
    if not biases:
        with pytest.raises(RecipeError, match=r"adapt\.kind: this network has no biases"):
            method.apply(net)
        return
    adapted = method.apply(net)
    head = sum(p.numel() for p in net.head.parameters())
    assert sum(p.numel() for p in adapted.trainable().values()) == biases + head


def test_a_network_without_norms_is_told() -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4)])

    with pytest.raises(RecipeError, match=r"adapt\.kind: this network has no normalisation layers"):
        METHODS.make("norms").apply(PooledNetwork(Bare(), "mean", 4, 2, 0.0))


def test_embeddings_of_a_decoder_cannot_change_under_norms() -> None:
    """They hold no norm, so nothing needs to be computed backwards through them."""
    net = PooledNetwork(make("llama"), "last", 16, 3, 0.0)
    assert METHODS.make("norms").apply(net).frozen_blocks == 0
    bert = PooledNetwork(make("bert"), "cls", 16, 3, 0.0)
    assert METHODS.make("norms").apply(bert).frozen_blocks == -1
    with torch.no_grad():
        assert bert.anatomy.frozen_below(-1) == ()
