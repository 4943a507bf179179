"""Losses and gradients of encoder-decoders are those of transformers, token by token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf
from torch.nn.functional import cross_entropy

import seq2seq
from afina.adapt import METHODS
from afina.data.row import SourceTarget, Tools
from afina.errors import ModelError, RecipeError
from afina.models.load import Model, load
from afina.models.prefix import Prefix
from afina.models.seq2seq_model import Seq2SeqModel
from afina.objectives import OBJECTIVES


def row(source: tuple[int, ...], target: tuple[int, ...], weight: float = 1.0) -> SourceTarget:
    counts = (0.0,) * len(source) + (1.0,) * len(target)
    return SourceTarget((*source, *target), counts=counts, weight=weight, asked=len(source))


ROWS = [row((5, 9, 13, 2), (20, 21, 2)), row((7, 2), (30, 31, 32, 33, 2)), row((8, 6, 4, 3, 2), (50, 2), 2.0)]


class Padding:
    pad_token_id = 0


def tools_of(network: Seq2SeqModel) -> Tools:
    return Tools(Padding(), (), 64, start=network.start)


def expected(whole: Any) -> torch.Tensor:
    """The sum that the loss is: every row by itself, moved and scored by the model's own code."""
    total = torch.zeros((), dtype=torch.float64)
    for each in ROWS:
        labels = torch.tensor([each.written])
        logits = whole(input_ids=torch.tensor([each.read]), labels=labels).logits[0]
        total = total + each.weight * cross_entropy(logits, labels[0], reduction="sum")
    return total


@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_the_loss_and_the_gradients_are_those_of_transformers(family: str) -> None:
    objective = OBJECTIVES.make("seq2seq")
    whole, other = seq2seq.make(family).double(), seq2seq.make(family).double()
    network = Seq2SeqModel(whole)
    batch = objective.collate(ROWS, tools_of(network))
    loss = objective.loss(network, batch, tools_of(network))["tokens"]
    theirs = expected(other)
    torch.testing.assert_close(loss, theirs, rtol=1e-10, atol=1e-10)
    assert objective.weigh(batch, tools_of(network)) == {"tokens": 3 + 5 + 2 * 2.0}
    loss.backward()
    theirs.backward()
    found = dict(whole.named_parameters())
    for name, parameter in other.named_parameters():
        torch.testing.assert_close(found[name].grad, parameter.grad, rtol=1e-8, atol=1e-10)
    # Everything is known, and known once.
    assert {id(p) for p in network.parameters()} == {id(p) for p in whole.parameters()}


def test_scores_or_shifts_of_its_own_are_refused() -> None:
    whole = seq2seq.make("bart")
    whole.lm_head.bias = torch.nn.Parameter(torch.randn(80))
    with pytest.raises(ModelError, match="BartForConditionalGeneration computes its scores in a way"):
        Seq2SeqModel(whole)
    whole = seq2seq.make("bart")
    whole.config.decoder_start_token_id = None
    with pytest.raises(ModelError, match="does not say which token its answers begin with"):
        Seq2SeqModel(whole)
    torch.manual_seed(0)
    config = hf.MBartConfig(**seq2seq.BART, decoder_start_token_id=5)
    with pytest.raises(ModelError, match="MBartForConditionalGeneration computes its scores in a way"):
        Seq2SeqModel(hf.MBartForConditionalGeneration(config))


@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_each_parameter_has_one_part_and_each_block_is_computed_once_in_order(family: str) -> None:
    network = Seq2SeqModel(seq2seq.make(family))
    anatomy = network.anatomy
    parts = [anatomy.embed, *((block,) for block in anatomy.blocks), anatomy.after]
    for name, parameter in network.trunk.named_parameters():
        owners = [any(parameter is p for m in part for p in m.parameters()) for part in parts]
        assert sum(owners) == 1, name
    assert (len(anatomy.blocks), anatomy.lower) == (5, 2)
    called: list[int] = []
    for number, (name, block) in enumerate(zip(anatomy.block_names, anatomy.blocks, strict=True)):
        assert network.trunk.get_submodule(name) is block
        block.register_forward_hook(lambda module, given, made, number=number: called.append(number))
    batch = OBJECTIVES.make("seq2seq").collate(ROWS, tools_of(network))
    network(**batch.inputs)
    assert called == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_known_states_of_the_encoder_give_the_same_bits(family: str) -> None:
    network = Seq2SeqModel(seq2seq.make(family))
    given = OBJECTIVES.make("seq2seq").collate(ROWS, tools_of(network)).inputs
    for count in (1, 2):
        network.prefix = Prefix(network.trunk, count, **given)
        assert network.prefix.is_exact(**given)
        with torch.no_grad():
            state = network.prefix.state(**given)
            assert torch.equal(network(**given, state=state), network(**given))
            other = state + torch.randn(state.shape, generator=torch.Generator().manual_seed(2))
            assert not torch.allclose(network(**given, state=other), network(**given), atol=1e-3)


@pytest.mark.parametrize(
    "kind", ["full", "lora", "top_blocks", "norms", "bias", "ia3", "bottleneck", "gradual", "peft_any"]
)
@pytest.mark.parametrize("family", ["t5", "marian"])
def test_methods_move_what_they_declare(kind: str, family: str) -> None:
    if (kind, family) == ("bias", "t5"):
        pytest.skip("T5 has no biases")
    settings = {"blocks": 4} if kind == "top_blocks" else {}
    if (kind, family) == ("ia3", "marian"):
        settings = {"keys_values": ["k_proj", "v_proj"], "feedforward": ["fc2"]}
    network = Seq2SeqModel(seq2seq.make(family))
    adapted = METHODS.make({"kind": kind, **settings}).apply(network)
    batch = OBJECTIVES.make("seq2seq").collate(ROWS, tools_of(network))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    declared = set(adapted.trainable())
    optimizer = torch.optim.AdamW(adapted.groups(1e-2, 0.01))
    adapted.enter_epoch(9)
    adapted.train_mode()
    network(**batch.inputs).sum().backward()
    optimizer.step()
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    shared = {
        n
        for n, p in network.named_parameters(remove_duplicate=False)
        if n not in dict(network.named_parameters())
    }
    assert moved - shared == declared - {n for n, p in network.named_parameters() if p.grad is None}
    head = network.whole.get_output_embeddings().weight
    assert head.requires_grad == (kind in ("full", "gradual"))
    adapted.network.eval()
    with torch.no_grad():
        learnt = network(**batch.inputs)
        torch.testing.assert_close(adapted.merge()(**batch.inputs), learnt, rtol=1e-4, atol=1e-4)


def test_a_folder_is_loaded_by_what_the_model_is(tmp_path: Path) -> None:
    folder = str(seq2seq.write(tmp_path / "t5"))
    loaded = load(Model(name=folder, dropout=0.25), head="causal")
    assert loaded.head == "seq2seq"
    assert loaded.start == 0
    assert isinstance(loaded.whole, hf.T5ForConditionalGeneration)
    assert isinstance(loaded.trunk, hf.T5Model)
    assert loaded.trunk.decoder is loaded.whole.decoder
    assert isinstance(load(Model(name=folder)).trunk, hf.T5EncoderModel)
    with pytest.raises(ModelError, match=r"does not fill gaps in texts \(t5\)"):
        load(Model(name=folder), head="masked")
    seq2seq.make("bart").save_pretrained(tmp_path / "bart")
    seq2seq.tokenizer().save_pretrained(tmp_path / "bart")
    with pytest.raises(ModelError, match=r"of a kind that cannot be used here \(bart\)"):
        load(Model(name=str(tmp_path / "bart")))


@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_a_saved_model_says_the_same(family: str, tmp_path: Path) -> None:
    network = Seq2SeqModel(seq2seq.make(family))
    network.whole.save_pretrained(tmp_path)
    seq2seq.tokenizer().save_pretrained(tmp_path)
    again = Seq2SeqModel(load(Model(name=str(tmp_path)), head="causal").whole.eval())
    batch = OBJECTIVES.make("seq2seq").collate(ROWS, tools_of(network))
    with torch.no_grad():
        assert torch.equal(again(**batch.inputs), network(**batch.inputs))
    tied = network.head.weight is network.whole.get_input_embeddings().weight
    assert (again.head.weight is again.whole.get_input_embeddings().weight) == tied


@pytest.mark.parametrize("kind", ["prompt", "prefix"])
@pytest.mark.parametrize("family", seq2seq.FAMILIES)
def test_virtual_tokens_are_refused(kind: str, family: str) -> None:
    """They would stand before what the encoder reads, and be cut off what the decoder says."""
    with pytest.raises(RecipeError, match=r"adapt\.kind: this network"):
        METHODS.make(kind).apply(Seq2SeqModel(seq2seq.make(family)))
