"""The methods that add few numbers: off is the base, merged is the same, peft loads what it knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import PeftModel

from afina.adapt import METHODS
from afina.errors import RecipeError
from afina.models.network import Network, PooledNetwork
from networks import inputs as tokens
from networks import make

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft reads it

TEXT = (
    "bert",
    "roberta",
    "mpnet",
    "distilbert",
    "modernbert",
    "deberta-v2",
    "gpt2",
    "llama",
    "qwen3",
    "gemma3",
)
#: method -> the families that can take it.
TAKES = {
    "ia3": ("bert", "roberta", "deberta-v2", "gpt2", "llama", "qwen3", "gemma3", "t5 encoder"),
    "bottleneck": (*TEXT, "t5 encoder"),
    "prompt": (*TEXT, "t5 encoder"),
    "prefix": ("bert", "roberta", "gpt2", "llama", "qwen3", "gemma3"),
    "peft_any": ("bert", "llama"),
}
CASES = [(method, family) for method, families in TAKES.items() for family in families]


def network(family: str) -> Network:
    torch.manual_seed(3)
    return PooledNetwork(make(family), "mean", 16, 3, 0.0).eval()


def shaken(net: Network) -> None:
    torch.manual_seed(4)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if parameter.requires_grad and not name.startswith("head."):
                parameter.add_(torch.randn_like(parameter) * 0.3)


@torch.no_grad()
@pytest.mark.parametrize(("method", "family"), CASES)
def test_off_is_the_base_and_merging_keeps_the_outputs(method: str, family: str) -> None:
    net = network(family)
    before = net(**tokens(family))
    weights = {name: tensor.clone() for name, tensor in net.trunk.state_dict().items()}
    adapted = METHODS.make(method).apply(net)
    shaken(net)
    tuned = net.eval()(**tokens(family))
    assert tuned.shape == before.shape
    assert not torch.allclose(tuned, before, atol=1e-4)
    with adapted.off():
        assert torch.equal(net(**tokens(family)), before)
    assert torch.equal(net(**tokens(family)), tuned)
    merged = adapted.merge()
    torch.testing.assert_close(merged(**tokens(family)), tuned, rtol=1e-4, atol=1e-5)
    if METHODS[method].merges:
        assert merged.beside is None
    else:
        # The trunk's own tensors are as they came.
        assert all(torch.equal(tensor, weights[name]) for name, tensor in merged.trunk.state_dict().items())
        assert merged.trunk.state_dict().keys() == weights.keys()


@torch.no_grad()
@pytest.mark.parametrize("family", TEXT)
def test_bottlenecks_start_near_the_identity(family: str) -> None:
    net = network(family)
    before = net(**tokens(family))
    METHODS.make({"kind": "bottleneck", "width": 4}).apply(net)
    torch.testing.assert_close(net.eval()(**tokens(family)), before, rtol=0, atol=5e-3)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        # BERT with three blocks of width 16 and 32 inside.
        ({"kind": "ia3"}, 3 * (16 + 16 + 32)),
        ({"kind": "bottleneck", "width": 4}, 3 * 2 * (2 * 16 * 4 + 4 + 16)),
        ({"kind": "bottleneck", "width": 4, "blocks": 1}, 2 * (2 * 16 * 4 + 4 + 16)),
        ({"kind": "prompt", "tokens": 5}, 5 * 16),
        ({"kind": "prefix", "tokens": 5}, 5 * 3 * 2 * 16),
    ],
    ids=str,
)
def test_as_many_numbers_learn_as_the_method_says(settings: dict[str, object], count: int) -> None:
    adapted = METHODS.make(settings).apply(network("bert"))
    assert sum(p.numel() for p in adapted.trainable().values()) == count + 3 * 16 + 3


@torch.no_grad()
@pytest.mark.parametrize(
    ("method", "family"), [(m, f) for m in ("prompt", "prefix") for f in ("bert", "llama")]
)
@pytest.mark.filterwarnings("ignore:`past_key_values` is deprecated:FutureWarning")  # peft says it so
def test_plain_peft_loads_virtual_tokens(method: str, family: str, tmp_path: Path) -> None:
    net = network(family)
    adapted = METHODS.make({"kind": method, "tokens": 4}).apply(net)
    shaken(net)
    expected = net.trunk(**tokens(family)).last_hidden_state
    adapted.merge()
    adapted.write_adapter(tmp_path / "adapter", "tiny")
    plain = PeftModel.from_pretrained(make(family), str(tmp_path / "adapter")).eval()
    got = plain(**tokens(family)).last_hidden_state
    torch.testing.assert_close(got[:, -expected.shape[1] :], expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_ia3_is_loaded_by_plain_peft_and_scales_what_it_says(tmp_path: Path) -> None:
    net = network("bert")
    adapted = METHODS.make("ia3").apply(net)
    shaken(net)
    net.eval()
    expected = net.trunk(**tokens("bert")).last_hidden_state
    adapted.merge()
    adapted.write_adapter(tmp_path / "adapter", "tiny")
    plain = PeftModel.from_pretrained(make("bert"), str(tmp_path / "adapter")).eval()
    torch.testing.assert_close(plain(**tokens("bert")).last_hidden_state, expected, rtol=1e-4, atol=1e-5)
    base = dict(make("bert").named_parameters())
    ratio = {
        name: p / base[name] for name, p in net.trunk.named_parameters() if "layer.0" in name and p.ndim == 2
    }
    moved = {name.split("layer.0.")[1] for name, r in ratio.items() if not torch.allclose(r, torch.ones(()))}
    assert moved == {"attention.self.key.weight", "attention.self.value.weight", "output.dense.weight"}


@pytest.mark.parametrize(
    ("method", "family", "told"),
    [
        ("prefix", "distilbert", "does not take keys and values"),
        ("prefix", "deberta-v2", "does not take keys and values"),
        ("prefix", "t5 encoder", "does not take keys and values"),
        ("prompt", "vit", "takes no virtual tokens"),
        ("bottleneck", "resnet", "have no attention"),
        ("ia3", "modernbert", "not known which layers"),
    ],
)
def test_a_network_that_cannot_take_it_is_told_and_left_as_it_was(
    method: str, family: str, told: str
) -> None:
    net = PooledNetwork(make(family), "mean", 16, 3, 0.0).eval()
    with torch.no_grad():
        before = net.trunk(**tokens(family)).last_hidden_state
    with pytest.raises(RecipeError, match=told):
        METHODS.make(method).apply(net)
    with torch.no_grad():
        assert torch.equal(net.trunk(**tokens(family)).last_hidden_state, before)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"peft_type": "LOHAA"}, "Did you mean 'LOHA'"),
        ({"peft_type": "LOHA", "config": {"rnk": 4}}, "peft refuses these settings"),
    ],
)
def test_wrong_settings_for_peft_are_told(settings: dict[str, object], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        METHODS.make({"kind": "peft_any", **settings}).apply(network("bert"))
