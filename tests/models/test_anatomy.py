"""Every network is embed -> blocks -> after, and each parameter has one place in it."""

import pytest
import torch
import transformers as hf
from torch import nn

from afina.errors import ModelError
from afina.models.anatomy import dissect
from networks import FAMILIES, SMALL, inputs, make


@pytest.mark.parametrize("family", FAMILIES)
def test_each_parameter_belongs_to_exactly_one_part(family):
    trunk = make(family)
    anatomy = dissect(trunk)
    parts = [anatomy.embed, *((block,) for block in anatomy.blocks), anatomy.after]
    for name, parameter in trunk.named_parameters():
        owners = [
            n for n, part in enumerate(parts) if any(parameter is p for m in part for p in m.parameters())
        ]
        assert len(owners) == 1, name


@pytest.mark.parametrize("family", FAMILIES)
def test_blocks_are_named_and_computed_in_order_each_once(family):
    trunk, count = make(family), FAMILIES[family][1]
    anatomy = dissect(trunk)
    assert len(anatomy.blocks) == len(anatomy.block_names) == count
    called = []
    for number, (name, block) in enumerate(zip(anatomy.block_names, anatomy.blocks, strict=True)):
        assert trunk.get_submodule(name) is block
        block.register_forward_hook(lambda module, given, made, number=number: called.append(number))
    with torch.no_grad():
        trunk(**inputs(family))
    assert called == list(range(count))


@pytest.mark.parametrize("family", FAMILIES)
def test_embeddings_are_computed_before_the_blocks_and_what_follows_after_them(family):
    trunk = make(family)
    anatomy = dissect(trunk)
    called = []

    def note(part, modules):
        for module in modules:
            if any(True for _ in module.parameters()):
                module.register_forward_hook(lambda *_: called.append(part))

    # DeBERTa's convolution reads the embeddings and the first block's output; it is counted below the blocks.
    note("embed", [m for m in anatomy.embed if type(m).__name__ != "ConvLayer"])
    note("first", anatomy.blocks[:1])
    note("last", anatomy.blocks[-1:])
    note("after", anatomy.after)
    with torch.no_grad():
        trunk(**inputs(family))
    assert called == sorted(called, key=["embed", "first", "last", "after"].index)
    assert called.count("embed") >= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_reach_every_block_and_stop_at_frozen_ones(family):
    trunk = make(family)
    anatomy = dissect(trunk)
    for module in anatomy.frozen_below(2):
        module.requires_grad_(False)
    trunk(**inputs(family)).last_hidden_state.sum().backward()
    moved = [any(p.grad is not None for p in block.parameters()) for block in anatomy.blocks]
    assert moved == [False, False] + [True] * (len(moved) - 2)
    assert not any(p.grad is not None for module in anatomy.embed for p in module.parameters())


def test_frozen_below():
    anatomy = dissect(make("bert"))
    assert anatomy.frozen_below(-1) == ()
    assert anatomy.frozen_below(0) == anatomy.embed
    assert anatomy.frozen_below(2) == (*anatomy.embed, *anatomy.blocks[:2])


def test_names_of_the_parts():
    trunk = make("gpt2")
    anatomy = dissect(trunk)
    assert anatomy.embed == (trunk.wte, trunk.wpe, trunk.drop)
    assert anatomy.block_names == ("h.0", "h.1", "h.2")
    assert anatomy.after == (trunk.ln_f,)


def test_stages_are_taken_apart():
    assert dissect(make("convnext")).block_names == (
        "encoder.stages.0.layers.0",
        "encoder.stages.0.layers.1",
        "encoder.stages.1.downsampling_layer.0",
        "encoder.stages.1.downsampling_layer.1",
        "encoder.stages.1.layers.0",
        "encoder.stages.1.layers.1",
        "encoder.stages.1.layers.2",
    )


def test_tables_of_relative_positions_are_embeddings():
    deberta, mpnet = make("deberta-v2"), make("mpnet")
    assert deberta.encoder.rel_embeddings in dissect(deberta).embed
    assert deberta.encoder.LayerNorm in dissect(deberta).embed
    assert mpnet.encoder.relative_attention_bias in dissect(mpnet).embed


def test_a_network_without_blocks_is_refused():
    with pytest.raises(ModelError, match="Sequential has no repeated blocks"):
        dissect(nn.Sequential(nn.Embedding(4, 4), nn.Linear(4, 4)))


def test_blocks_that_share_weights_are_refused():
    config = hf.AlbertConfig(**SMALL, vocab_size=64, embedding_size=8)
    with pytest.raises(ModelError, match="3 layers with the weights of 1"):
        dissect(hf.AlbertModel(config, add_pooling_layer=False))


def test_a_parameter_beside_the_modules_is_refused():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.start = nn.Parameter(torch.zeros(3))
            self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])

    with pytest.raises(ModelError, match="cannot be divided"):
        dissect(Odd())
