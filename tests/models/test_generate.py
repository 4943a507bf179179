"""Generated text: greedy, drawn, stopped and in batches."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers as hf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

import talkers
from afina.data.chat import DEFAULT_TEMPLATE, prompt_ids
from afina.data.conversation import Message
from afina.data.row import Tools
from afina.models.generate import Generate, generate
from afina.models.language_model import LanguageModel
from networks import GROUPED

WORDS = [
    "<pad>",
    "<s>",
    "</s>",
    *(chr(code) for code in range(97, 97 + 26)),
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
][:64]


@pytest.fixture
def tokenizer() -> Any:
    """One letter, one token."""
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<pad>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.decoder = decoders.Fuse()
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )


@pytest.fixture
def network() -> LanguageModel:
    torch.manual_seed(0)
    whole = hf.LlamaForCausalLM(hf.LlamaConfig(**GROUPED, initializer_range=0.5))
    return LanguageModel(whole).eval()


PROMPTS = [[1, 5, 9], [1, 7], [1, 20, 21, 22, 23, 24], [1, 3, 4]]


def by_hand(network: LanguageModel, prompt: list[int], tokens: int) -> list[int]:
    """The likeliest token again and again, everything computed anew each time."""
    ids = list(prompt)
    with torch.no_grad():
        while len(ids) < len(prompt) + tokens:
            ids.append(int(network.whole(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
            if ids[-1] == 2:
                break
    return ids[len(prompt) :]


def test_greedy_answers_are_the_likeliest_tokens_in_batches_as_by_hand(
    network: LanguageModel, tokenizer: Any
) -> None:
    expected = [
        tokenizer.decode(by_hand(network, prompt, 12), skip_special_tokens=True) for prompt in PROMPTS
    ]
    assert len(set(expected)) > 1
    assert generate(network, tokenizer, PROMPTS, Generate(max_tokens=12)) == expected
    alone = [generate(network, tokenizer, [prompt], Generate(max_tokens=12))[0] for prompt in PROMPTS]
    assert alone == expected


def test_the_end_token_ends_an_answer(network: LanguageModel, tokenizer: Any) -> None:
    with torch.no_grad():
        network.head.weight[2] += 10 * network.whole.model.norm.weight.sign()
        answer = generate(network, tokenizer, [[1, 5]], Generate(max_tokens=30))[0]
    assert len(answer) < 30
    assert "</s>" not in answer


def test_a_stop_text_ends_an_answer_and_is_no_part_of_it(network: LanguageModel, tokenizer: Any) -> None:
    whole = generate(network, tokenizer, PROMPTS, Generate(max_tokens=12))
    stop = whole[2][3:5]
    cut = generate(network, tokenizer, PROMPTS, Generate(max_tokens=12, stop=(stop, "never")))
    assert cut == [text.split(stop)[0] for text in whole]


def test_without_a_chat_template_an_answer_ends_where_the_next_question_would_begin() -> None:
    """A network that says what comes next by the last token alone, round and round."""
    tokenizer = talkers.tokenizer(DEFAULT_TEMPLATE)
    size = len(tokenizer)
    config = hf.LlamaConfig(
        vocab_size=size, hidden_size=2 * size, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=1, tie_word_embeddings=False,
    )  # fmt: skip
    whole = hf.LlamaForCausalLM(config)
    ring = [tokenizer(letter)["input_ids"][0] for letter in ": Hi\nUser"]
    with torch.no_grad():
        whole.model.layers[0].self_attn.o_proj.weight.zero_()
        whole.model.layers[0].mlp.down_proj.weight.zero_()
        whole.model.embed_tokens.weight.copy_(torch.eye(size, 2 * size))
        whole.lm_head.weight.zero_()
        for token, following in zip(ring, [*ring[1:], ring[0]], strict=True):
            whole.lm_head.weight[following, token] = 1.0
    network = LanguageModel(whole).eval()
    asked = prompt_ids([Message("user", "Hello")], Tools(tokenizer, (), 64))
    assert generate(network, tokenizer, [asked], Generate(max_tokens=40)) == ["Hi"]
    pieces: list[str] = []
    generate(network, tokenizer, [asked], Generate(max_tokens=40), listen=pieces.append)
    assert "".join(pieces) == "Hi"
    tokenizer.chat_template = talkers.CHATML
    assert generate(network, tokenizer, [asked], Generate(max_tokens=40))[0].startswith(" Hi\nUser: Hi\n")


def test_draws_follow_the_seed_and_keep_to_the_likeliest(network: LanguageModel, tokenizer: Any) -> None:
    free = Generate(max_tokens=12, temperature=1.5)
    assert generate(network, tokenizer, PROMPTS, free, seed=1) == generate(
        network, tokenizer, PROMPTS, free, seed=1
    )
    assert generate(network, tokenizer, PROMPTS, free, seed=1) != generate(
        network, tokenizer, PROMPTS, free, seed=2
    )
    # A share so small that only the likeliest is left.
    narrow = Generate(max_tokens=12, temperature=1.5, top_p=1e-6)
    greedy = generate(network, tokenizer, PROMPTS, Generate(max_tokens=12))
    assert generate(network, tokenizer, PROMPTS, narrow, seed=3) == greedy


def test_what_is_told_on_the_way_is_the_answer(network: LanguageModel, tokenizer: Any) -> None:
    whole = generate(network, tokenizer, [PROMPTS[2]], Generate(max_tokens=12))[0]
    for stop in ((), (whole[3:5],), (whole[3] + "?",)):
        pieces: list[str] = []
        settings = Generate(max_tokens=12, stop=stop)
        answer = generate(network, tokenizer, [PROMPTS[2]], settings, listen=pieces.append)[0]
        assert "".join(pieces) == answer
        assert len(pieces) > 1
