"""Networks that give vectors: the same ones whatever stands beside a text, and what is put before texts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from afina.models.catalogue import CATALOGUE
from afina.models.load import Model, load
from afina.models.network import VectorNetwork


def test_short_and_long_texts_have_the_vectors_that_they_have_alone(tiny_model: Path) -> None:
    loaded = load(Model(name=str(tiny_model)))
    network = VectorNetwork(loaded.trunk, "mean", loaded.width).eval()
    lengths = [3, 40, 5, 22, 39, 4]
    ids = torch.randint(5, 50, (6, 40), generator=torch.Generator().manual_seed(0))
    mask = (torch.arange(40) < torch.tensor(lengths).unsqueeze(1)).long()
    groups: list[tuple[int, ...]] = []
    network.trunk.register_forward_pre_hook(
        lambda _module, _args, given: groups.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    with torch.no_grad():
        together = network(input_ids=ids, attention_mask=mask)
        assert groups == [(3, 40), (3, 5)]
        for number, length in enumerate(lengths):
            alone = network.pooled(
                input_ids=ids[number : number + 1, :length], attention_mask=mask[number : number + 1, :length]
            )
            torch.testing.assert_close(together[number], alone[0], rtol=1e-5, atol=1e-6)
    assert list(network.head.parameters()) == []
    assert network.outputs == network.width == 32


def test_what_a_model_expects_before_its_texts(tiny_model: Path, tmp_path: Path) -> None:
    assert load(Model(name=str(tiny_model))).prompts == ("", "")
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    told = {"prompts": {"query": "query: ", "passage": "passage: "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(told), encoding="utf-8")
    assert load(Model(name=str(folder))).prompts == ("query: ", "passage: ")
    assert CATALOGUE["e5-small"].prompts == ("query: ", "passage: ")
