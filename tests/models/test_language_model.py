"""Losses and gradients of language models are those of transformers, token by token."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers as hf

from afina.adapt import METHODS
from afina.data.row import Row, Tools
from afina.errors import ModelError
from afina.models.language_model import LanguageModel
from afina.objectives import OBJECTIVES
from networks import GROUPED

FAMILIES: dict[str, Any] = {
    "gpt2": lambda: hf.GPT2LMHeadModel(hf.GPT2Config(n_embd=16, n_layer=3, n_head=2, vocab_size=64)),
    "llama": lambda: hf.LlamaForCausalLM(hf.LlamaConfig(**GROUPED, tie_word_embeddings=False)),
    "qwen2": lambda: hf.Qwen2ForCausalLM(hf.Qwen2Config(**GROUPED, tie_word_embeddings=True)),
    "qwen3": lambda: hf.Qwen3ForCausalLM(hf.Qwen3Config(**GROUPED, head_dim=8)),
    "gemma3": lambda: hf.Gemma3ForCausalLM(hf.Gemma3TextConfig(**GROUPED, head_dim=8)),
    # Scores that are capped, and a head with a bias.
    "gemma2": lambda: hf.Gemma2ForCausalLM(
        hf.Gemma2Config(**GROUPED, head_dim=8, final_logit_softcapping=0.5)
    ),
    "phi": lambda: hf.PhiForCausalLM(hf.PhiConfig(**{**GROUPED, "num_key_value_heads": 2})),
}
ROWS = [
    Row((1, 5, 9, 13, 2), counts=(0.0, 0.0, 1.0, 1.0, 1.0)),
    Row((1, 7, 2), counts=(0.0, 1.0, 1.0)),
    Row((1, 30, 31, 32, 33, 34, 2), counts=(0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0), weight=2.0),
]


def make(family: str) -> Any:
    torch.manual_seed(0)
    return FAMILIES[family]().double().eval()


class Padding:
    pad_token_id = 0


TOOLS = Tools(Padding(), (), 64)


def expected(whole: Any, rows: list[Row]) -> torch.Tensor:
    """The sum that the loss is: every row by itself, all scores at once."""
    total = torch.zeros((), dtype=torch.float64)
    for row in rows:
        logits = whole(input_ids=torch.tensor([row.ids])).logits[0, :-1]
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(row.ids[1:]), reduction="none")
        total = total + row.weight * (losses * torch.tensor(row.counts[1:], dtype=torch.float64)).sum()
    return total


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_and_the_gradients_are_those_of_transformers(family: str) -> None:
    objective = OBJECTIVES.make("next_token")
    whole, other = make(family), make(family)
    network = LanguageModel(whole)
    batch = objective.collate(ROWS, TOOLS)
    loss = objective.loss(network, batch, TOOLS)["tokens"]
    theirs = expected(other, ROWS)
    torch.testing.assert_close(loss, theirs, rtol=1e-10, atol=1e-10)
    assert objective.weigh(batch, TOOLS) == {"tokens": 3 + 2 + 2 * 1.0}
    loss.backward()
    theirs.backward()
    found = dict(whole.named_parameters())
    # The norms of Gemma compute in float32, whatever the network.
    close = {"rtol": 1e-5, "atol": 1e-7} if family.startswith("gemma") else {"rtol": 1e-8, "atol": 1e-10}
    for name, parameter in other.named_parameters():
        torch.testing.assert_close(found[name].grad, parameter.grad, **close)


def test_the_outcome_of_a_row_is_its_sum_and_its_weight() -> None:
    objective = OBJECTIVES.make("next_token")
    network = LanguageModel(make("llama"))
    batch = objective.collate(ROWS, TOOLS)
    with torch.no_grad():
        outcome = objective.outcome(network(**batch.inputs), batch)
    assert outcome.shape == (3, objective.width(network, TOOLS))
    for row, (total, weight) in zip(ROWS, outcome, strict=True):
        torch.testing.assert_close(total, expected(network.whole, [row]).detach())
        assert weight == row.weight * sum(row.counts)


def test_a_model_with_scores_of_its_own_is_refused() -> None:
    config = hf.CohereConfig(**GROUPED, logit_scale=0.1)
    torch.manual_seed(0)
    with pytest.raises(ModelError, match="CohereForCausalLM computes its scores in a way"):
        LanguageModel(hf.CohereForCausalLM(config))


@pytest.mark.parametrize("kind", ["full", "lora", "top_blocks", "norms", "ia3", "bottleneck"])
@pytest.mark.parametrize("family", ["llama", "gemma3"])
def test_a_pretrained_head_learns_only_with_everything_else(kind: str, family: str) -> None:
    whole = FAMILIES[family]()
    method = METHODS.make({"kind": kind} | ({"blocks": 1} if kind == "top_blocks" else {}))
    adapted = method.apply(LanguageModel(whole))
    learns = {id(p) for p in adapted.trainable().values()}
    assert (id(whole.get_output_embeddings().weight) in learns) == (kind == "full")
    assert (id(whole.get_input_embeddings().weight) in learns) == (kind == "full")
    rates = {group["lr"] for group in adapted.groups(1e-3, 0.01)}
    assert rates == {1e-3}
