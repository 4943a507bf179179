"""Masked language models of many families: the losses are those of transformers, and so are the gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf
from torch.nn.functional import cross_entropy

from afina.errors import ModelError
from afina.models.load import Model, load
from afina.models.masked_language_model import MaskedLanguageModel
from networks import SMALL, TEXT

FAMILIES = {
    "bert": lambda: hf.BertForMaskedLM(hf.BertConfig(**TEXT)),
    "roberta": lambda: hf.RobertaForMaskedLM(hf.RobertaConfig(**TEXT)),
    "xlm-roberta": lambda: hf.XLMRobertaForMaskedLM(hf.XLMRobertaConfig(**TEXT)),
    "distilbert": lambda: hf.DistilBertForMaskedLM(
        hf.DistilBertConfig(dim=16, n_layers=3, n_heads=2, hidden_dim=32, vocab_size=64)
    ),
    "mpnet": lambda: hf.MPNetForMaskedLM(hf.MPNetConfig(**TEXT)),
    "modernbert": lambda: hf.ModernBertForMaskedLM(
        hf.ModernBertConfig(**TEXT, cls_token_id=1, sep_token_id=2, max_position_embeddings=64)
    ),
    "electra": lambda: hf.ElectraForMaskedLM(hf.ElectraConfig(**TEXT, embedding_size=16)),
}


@pytest.fixture(params=FAMILIES)
def whole(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(0)
    return FAMILIES[request.param]().double().eval()


def test_losses_and_gradients_are_those_of_transformers(whole: Any) -> None:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, 64, (3, 9), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    owners, places = torch.tensor([0, 0, 1, 2]), torch.tensor([1, 4, 2, 8])
    targets = torch.tensor([5, 9, 11, 60])
    scores = whole(input_ids=ids, attention_mask=mask).logits[owners, places]
    expected = cross_entropy(scores, targets, reduction="sum")
    expected.backward()
    gradients = {name: p.grad.clone() for name, p in whole.named_parameters() if p.grad is not None}
    whole.zero_grad()
    network = MaskedLanguageModel(whole)
    found = network(
        input_ids=ids, attention_mask=mask, owners=owners, places=places, targets=targets,
        counts=torch.ones(4, dtype=torch.float64),
    )  # fmt: skip
    torch.testing.assert_close(found.sum(), expected, rtol=1e-10, atol=0)
    found.sum().backward()
    for name, parameter in whole.named_parameters():
        if name in gradients:
            torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-8, atol=1e-12)
    # Everything is whole again, and known once.
    torch.testing.assert_close(
        whole(input_ids=ids, attention_mask=mask).logits[owners, places], scores, rtol=1e-12, atol=0
    )
    assert {id(p) for p in network.parameters()} == {id(p) for p in whole.parameters()}


def test_a_missing_head_starts_alike_everywhere_and_always_learns(tiny_model: Path) -> None:
    first, second = (load(Model(name=str(tiny_model)), head="masked") for _again in range(2))
    assert first.new
    network = MaskedLanguageModel(first.whole, first.new)
    for one, other in zip(first.whole.parameters(), second.whole.parameters(), strict=True):
        assert torch.equal(one, other)
    network.freeze()
    learning = {name for name, p in first.whole.named_parameters() if p.requires_grad}
    assert "cls.predictions.transform.dense.weight" in learning
    assert not any(name.startswith("bert.") for name in learning)
    plain = load(Model(name=str(tiny_model)))
    for (name, one), other in zip(plain.trunk.named_parameters(), first.trunk.parameters(), strict=True):
        assert torch.equal(one, other), name


def test_a_head_that_came_with_the_model_is_frozen_with_it(tmp_path: Path, tiny_model: Path) -> None:
    tokenizer = load(Model(name=str(tiny_model))).tokenizer
    hf.BertForMaskedLM(hf.BertConfig(**SMALL, vocab_size=len(tokenizer))).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded = load(Model(name=str(tmp_path)), head="masked")
    assert loaded.new == ()
    network = MaskedLanguageModel(loaded.whole, loaded.new)
    network.freeze()
    assert not any(p.requires_grad for p in network.parameters())


def test_a_decoder_fills_no_gaps(tmp_path: Path) -> None:
    import talkers

    with pytest.raises(ModelError, match=r"does not fill gaps in texts \(llama\)\. Choose an encoder"):
        load(Model(name=str(talkers.write(tmp_path / "talker"))), head="masked")
