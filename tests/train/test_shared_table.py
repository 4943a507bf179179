"""Embeddings that are the head too: the same gradients, and the same bits every time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
import torch
import transformers as hf
from torch import Tensor

from afina.models.language_model import LanguageModel
from afina.train.shared_table import shared_table
from networks import GROUPED


def made(family: str, *, tied: bool = True) -> LanguageModel:
    torch.manual_seed(0)
    if family == "gemma3":
        config = hf.Gemma3TextConfig(**GROUPED, head_dim=8, tie_word_embeddings=tied)
        return LanguageModel(hf.Gemma3ForCausalLM(config))
    return LanguageModel(hf.LlamaForCausalLM(hf.LlamaConfig(**GROUPED, tie_word_embeddings=tied)))


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    yield
    torch.set_num_threads(before)


def gradients(network: LanguageModel, *, sparse: bool, rounds: int = 2) -> dict[str, Tensor]:
    """Of several micro-batches, in which tokens come again and again."""
    network.zero_grad(set_to_none=True)
    draw = torch.Generator().manual_seed(0)
    with shared_table(network) if sparse else nullcontext():
        for _ in range(rounds):
            ids = torch.randint(3, 20, (4, 12), generator=draw)
            places = torch.arange(3, 11)
            owners = torch.tensor([0, 1, 2, 3]).repeat(2)
            network(
                input_ids=ids, attention_mask=torch.ones_like(ids), owners=owners, places=places,
                targets=ids[owners, places + 1], counts=torch.ones(8, dtype=torch.float64),
            ).sum().backward()  # fmt: skip
    return {name: p.grad for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("family", ["llama", "gemma3"])
def test_the_gradients_are_those_of_two_whole_tables(family: str) -> None:
    network = made(family).double()
    expected = gradients(network, sparse=False)
    found = gradients(network, sparse=True)
    assert found.keys() == expected.keys()
    for name, gradient in found.items():
        assert gradient.layout == torch.strided, name
        torch.testing.assert_close(gradient, expected[name], rtol=1e-12, atol=1e-14)


def test_the_bits_are_the_same_every_time() -> None:
    network = made("llama")
    with threads(2):
        first = gradients(network, sparse=True, rounds=3)
        for _ in range(3):
            again = gradients(network, sparse=True, rounds=3)
            assert all(torch.equal(again[name], gradient) for name, gradient in first.items())


def test_a_table_by_itself_keeps_its_gradient() -> None:
    network = made("llama", tied=False)
    with shared_table(network):
        assert not network.trunk.get_input_embeddings().sparse
