"""Answers' probabilities: what keys and values kept for many give is what a plain pass of each gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers as hf

from afina.models.answer_scores import answer_scores
from afina.models.language_model import LanguageModel
from networks import GROUPED

LAYERS = {
    "sliding_window": 6,
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
}
MODELS = {
    "llama": lambda: hf.LlamaForCausalLM(hf.LlamaConfig(**GROUPED)),
    "gpt2": lambda: hf.GPT2LMHeadModel(hf.GPT2Config(n_embd=16, n_layer=3, n_head=2, vocab_size=64)),
    # A window shorter than the prompts, and scores that are capped.
    "gemma2": lambda: hf.Gemma2ForCausalLM(
        hf.Gemma2Config(**GROUPED, **LAYERS, head_dim=8, final_logit_softcapping=3.0)
    ),
    "gemma3": lambda: hf.Gemma3ForCausalLM(hf.Gemma3TextConfig(**GROUPED, **LAYERS, head_dim=8)),
}
ANSWERS = [[5], [6, 7, 2], [6, 7], [8, 9, 10, 2]]


def network(name: str) -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(MODELS[name]().eval().double())


def prompts(shared: int) -> list[list[int]]:
    draw = np.random.default_rng(1)
    begin = draw.integers(3, 64, shared).tolist()
    return [[*begin, *draw.integers(3, 64, length).tolist()] for length in (4, 9, 4, 1, 9, 9)]


@torch.no_grad()
def plainly(network: LanguageModel, prompt: list[int], answer: list[int]) -> float:
    """One pass over prompt and answer, nothing kept."""
    scores = network.whole(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
    places = range(len(prompt) - 1, len(prompt) + len(answer) - 1)
    return float(sum(scores[place, token] for place, token in zip(places, answer, strict=True)))


@pytest.mark.parametrize("shared", [0, 1, 12])
@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_a_plain_pass_of_each_answer(name: str, shared: int) -> None:
    model, asked = network(name), prompts(shared)
    expected = [[plainly(model, prompt, answer) for answer in ANSWERS] for prompt in asked]
    # Gemma 2 takes the softmax of its attention in float32, whatever its weights are.
    least = 1e-6 if name == "gemma2" else 1e-10
    assert answer_scores(model, asked, ANSWERS) == pytest.approx(np.array(expected), abs=least)


def test_the_budget_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = network("llama"), prompts(3)
    whole = answer_scores(model, asked, ANSWERS)
    monkeypatch.setattr("afina.models.answer_scores.BUDGET", 1)
    assert answer_scores(model, asked, ANSWERS) == pytest.approx(whole, abs=1e-12)


def test_equal_prompts_and_answers_of_one_token() -> None:
    model = network("llama")
    found = answer_scores(model, [[3, 4, 5]] * 2, [[number] for number in range(64)])
    assert np.exp(found).sum(1) == pytest.approx([1.0, 1.0])
    assert (found[0] == found[1]).all()


def test_it_is_told_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    asked = prompts(12)
    answer_scores(network("llama"), asked, ANSWERS, lambda done, total: told.append((done, total)))
    # What all begin with is read once and counts for none of them.
    assert {total for _done, total in told} == {4 + 9 + 4 + 1 + 9 + 9}
    assert told[-1][0] == told[-1][1]
