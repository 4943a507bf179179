"""LoRA against its formula, against peft, and through a whole training."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, inject_adapter_in_model
from torch import nn

from afina.adapt import METHODS
from afina.adapt.lora_linear import LoraLinear
from afina.errors import RecipeError
from afina.models.load import Model, load
from afina.models.network import Network, PooledNetwork
from networks import inputs as tokens
from networks import make

FAMILIES = (
    "bert",
    "roberta",
    "distilbert",
    "modernbert",
    "deberta-v2",
    "gpt2",
    "llama",
    "qwen3",
    "gemma3",
    "t5 encoder",
)


def network(family: str) -> Network:
    torch.manual_seed(3)
    return PooledNetwork(make(family), "mean", 16, 3, 0.0)


def shaken(net: Network) -> None:
    """The second matrices start at zero: without this, nothing would be added."""
    torch.manual_seed(4)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if ".lora_B." in name or "magnitude" in name:
                parameter.add_(torch.randn_like(parameter) * 0.1)


@torch.no_grad()  # with gradients, torch folds products differently for weights that learn
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("extra", [{}, {"rslora": True}, {"dora": True}], ids=str)
def test_off_is_the_base_and_merging_keeps_the_outputs(family: str, extra: dict[str, bool]) -> None:
    net = network(family)
    before = net(**tokens(family))
    adapted = METHODS.make({"kind": "lora", "rank": 2, **extra}).apply(net)
    if not extra.get("dora"):
        assert torch.equal(net(**tokens(family)), before)  # it starts as the base
    shaken(net)
    net.eval()
    tuned = net(**tokens(family))
    assert not torch.allclose(tuned, before, atol=1e-4)
    with adapted.off():
        assert torch.equal(net(**tokens(family)), before)
    assert torch.equal(net(**tokens(family)), tuned)
    merged = adapted.merge()
    assert not any("lora" in name for name, _p in merged.named_parameters())
    assert merged.trunk.state_dict().keys() == make(family).state_dict().keys()
    torch.testing.assert_close(merged(**tokens(family)), tuned, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("extra", "scale"), [({}, 6 / 4), ({"rslora": True}, 6 / 2)])
def test_forward_and_gradients_are_those_of_the_formula(extra: dict[str, bool], scale: float) -> None:
    """W + s·BA with s = alpha / rank, or alpha / √rank."""
    net = network("bert").double()
    METHODS.make({"kind": "lora", "rank": 4, "alpha": 6, **extra}).apply(net)
    shaken(net)
    layer = net.trunk.get_submodule("encoder.layer.1.intermediate.dense")
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    base = layer.get_base_layer()
    x = torch.randn(5, 16, dtype=torch.float64)
    seen = layer(x)
    seen.square().sum().backward()
    own_a, own_b = a.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    expected = x @ (base.weight + scale * own_b @ own_a).T + base.bias
    expected.square().sum().backward()
    torch.testing.assert_close(seen, expected)
    torch.testing.assert_close(a.grad, own_a.grad)
    torch.testing.assert_close(b.grad, own_b.grad)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft reads it
@pytest.mark.parametrize("family", ["bert", "gpt2", "llama"])
def test_plain_peft_loads_what_was_written(family: str, tmp_path: Path) -> None:
    net = network(family)
    adapted = METHODS.make({"kind": "lora", "rank": 2, "blocks": 2}).apply(net)
    shaken(net)
    merged = adapted.merge()
    adapted.write_adapter(tmp_path / "adapter", "a model")
    plain = PeftModel.from_pretrained(make(family), str(tmp_path / "adapter"))
    assert plain.peft_config["default"].base_model_name_or_path == "a model"
    given = tokens(family)
    torch.testing.assert_close(
        plain(**given).last_hidden_state, merged.trunk(**given).last_hidden_state, rtol=1e-5, atol=1e-5
    )


def test_counts_rates_and_the_frozen_prefix() -> None:
    net = network("bert")
    base = copy.deepcopy(net.trunk.state_dict())
    adapted = METHODS.make({"kind": "lora", "rank": 2, "blocks": 1, "b_factor": 16.0}).apply(net)
    # Four layers of 16 x 16, one of 16 to 32 and one back, at rank 2; and the head.
    assert sum(p.numel() for p in adapted.trainable().values()) == 2 * (4 * 32 + 2 * 48) + 16 * 3 + 3
    assert adapted.frozen_blocks == 2
    names = {id(p): name for name, p in net.named_parameters()}
    rates = {names[id(p)]: g["lr"] for g in adapted.groups(1.0, 0.0) for p in g["params"]}
    assert {rate for name, rate in rates.items() if ".lora_B." in name} == {16.0}
    assert {rate for name, rate in rates.items() if ".lora_B." not in name} == {1.0}
    adapted.train_mode()
    net(**tokens("bert")).sum().backward()
    assert all(p.grad is None for name, p in net.named_parameters() if p.requires_grad is False)
    kept = {name.replace(".base_layer", ""): value for name, value in net.trunk.state_dict().items()}
    assert all(torch.equal(kept[name], value) for name, value in base.items())


def test_chosen_targets() -> None:
    net = network("bert")
    METHODS.make({"kind": "lora", "targets": ["query", "value"]}).apply(net)
    placed = {
        name.split(".lora_")[0].split(".")[-1] for name, _p in net.named_parameters() if ".lora_" in name
    }
    assert placed == {"query", "value"}


def test_what_the_network_lacks_is_told() -> None:
    with pytest.raises(RecipeError, match=r"adapt\.targets: .* named 'quary'.*dense, key, query, value"):
        METHODS.make({"kind": "lora", "targets": ["quary", "key"]}).apply(network("bert"))
    with pytest.raises(RecipeError, match=r"adapt\.blocks: this network has 3 blocks \(got 4\)"):
        METHODS.make({"kind": "lora", "blocks": 4}).apply(network("bert"))


def test_the_same_seed_gives_the_same_matrices(tiny_model: Path) -> None:
    drawn = []
    for _ in range(2):
        loaded = load(Model(name=str(tiny_model)))
        torch.manual_seed(5)
        net = PooledNetwork(loaded.trunk, "mean", loaded.width, 3, 0.0)
        METHODS.make("lora").apply(net)
        drawn.append(net.state_dict())
    assert all(torch.equal(drawn[0][name], drawn[1][name]) for name in drawn[0])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 6), (2, 3, 6), (0, 6)], ids=str)
def test_the_layer_computes_what_pefts_does(shape: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(6, 4, bias=bias)).double().requires_grad_(False)
    layers = []
    for own in (False, True):
        config = LoraConfig(r=2, lora_alpha=6, target_modules=["0"])
        if own:
            config._register_custom_module({nn.Linear: LoraLinear})
        layers.append(inject_adapter_in_model(config, copy.deepcopy(plain))[0].double())
    peft, ours = layers
    assert isinstance(ours, LoraLinear)
    assert not isinstance(peft, LoraLinear)
    nn.init.normal_(peft.lora_B["default"].weight)
    ours.load_state_dict(peft.state_dict())
    x = torch.randn(shape, dtype=torch.float64)
    weights = torch.randn(*shape[:-1], 4, dtype=torch.float64)
    found = []
    for layer in layers:
        given = x.clone().requires_grad_()
        result = layer(given)
        (result * weights).sum().backward()
        matrices = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        found.append((result, given.grad, *(matrix.grad for matrix in matrices)))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_the_layers_gradient_is_that_of_its_values() -> None:
    torch.manual_seed(0)
    config = LoraConfig(r=2, lora_alpha=6, target_modules=["0"])
    config._register_custom_module({nn.Linear: LoraLinear})
    plain = nn.Sequential(nn.Linear(3, 4)).double()
    layer = inject_adapter_in_model(config, plain)[0].double()
    nn.init.normal_(layer.lora_B["default"].weight)
    given = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    matrices = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    assert torch.autograd.gradcheck(lambda *_parts: layer(given), (given, *matrices))
