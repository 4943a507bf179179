"""Encoder-decoders write greedily as by hand, in batches as alone, stopped, drawn and told on the way."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import seq2seq
from afina.models.generate import Generate, generate
from afina.models.seq2seq_model import Seq2SeqModel

PROMPTS = [[5, 9, 1], [7, 1], [20, 21, 22, 23, 24, 1], [3, 4, 1]]
SETTINGS = Generate(max_tokens=12)
FAMILIES = ("t5", "t5 v1.1", "marian", "bart")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return seq2seq.tokenizer()


def network_of(family: str) -> Seq2SeqModel:
    whole = seq2seq.make(family)
    whole.generation_config.forced_eos_token_id = None
    whole.generation_config.num_beams = 4  # which nobody asked for
    with torch.no_grad():
        # So that what was read decides, and not a token alone.
        for name, parameter in whole.named_parameters():
            if parameter.ndim == 2 and "shared" not in name and "embed" not in name:
                parameter.mul_(3)
    return Seq2SeqModel(whole)


def by_hand(network: Seq2SeqModel, prompt: list[int], tokens: int, first: int | None = None) -> list[int]:
    """The likeliest token again and again, everything computed anew each time."""
    ids = [network.start, *([] if first is None else [first])]
    with torch.no_grad():
        while len(ids) <= tokens:
            scores = network.whole(
                input_ids=torch.tensor([prompt]), decoder_input_ids=torch.tensor([ids])
            ).logits
            ids.append(int(scores[0, -1].argmax()))
            if ids[-1] in (1, network.whole.generation_config.eos_token_id):
                break
    return ids[1:]


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_answers_are_the_likeliest_tokens_in_batches_as_by_hand(family: str, tokenizer: Any) -> None:
    network = network_of(family)
    expected = [tokenizer.decode(by_hand(network, p, 12), skip_special_tokens=True) for p in PROMPTS]
    assert len(set(expected)) > 1
    assert generate(network, tokenizer, PROMPTS, SETTINGS) == expected
    assert [generate(network, tokenizer, [prompt], SETTINGS)[0] for prompt in PROMPTS] == expected


def test_a_first_token_that_the_family_demands_is_kept_to(tokenizer: Any) -> None:
    network = network_of("bart")
    network.whole.generation_config.forced_bos_token_id = 9
    network.whole.generation_config.bad_words_ids = [[2]]
    expected = tokenizer.decode(by_hand(network, PROMPTS[0], 12, first=9), skip_special_tokens=True)
    (answer,) = generate(network, tokenizer, PROMPTS[:1], SETTINGS)
    assert answer == expected
    assert answer.startswith(tokenizer.decode([9]))


def test_stop_texts_end_answers_and_pieces_make_them(tokenizer: Any) -> None:
    network = network_of("t5")
    whole = generate(network, tokenizer, PROMPTS, SETTINGS)
    stop = whole[2][3:5]
    cut = generate(network, tokenizer, PROMPTS, Generate(max_tokens=12, stop=(stop,)))
    assert cut == [text.split(stop)[0] for text in whole]
    pieces: list[str] = []
    assert generate(network, tokenizer, PROMPTS[2:3], SETTINGS, listen=pieces.append) == whole[2:3]
    assert "".join(pieces) == whole[2]
    assert len(pieces) > 1


def test_draws_follow_the_seed(tokenizer: Any) -> None:
    network, free = network_of("marian"), Generate(max_tokens=12, temperature=1.5)
    first, again, other = (generate(network, tokenizer, PROMPTS, free, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_an_answer_never_outgrows_the_positions_of_its_decoder(tokenizer: Any) -> None:
    network = network_of("bart")
    network.whole.final_logits_bias[0, [1, 2]] = -1e9  # it never ends
    ids = [[5, 9, *[7] * 50, 1]]
    (answer,) = generate(network, tokenizer, ids, Generate(max_tokens=500))
    assert 0 < len(answer) <= 63 * 13  # letters, or names of sentinels
