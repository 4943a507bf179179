"""Conversations as ids: what is learnt, what is asked, and that both meet at the same place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from afina.data.chat import DEFAULT_TEMPLATE, check_tokenizer, encode_conversation, encode_plain, prompt_ids
from afina.data.conversation import Conversation, Message, PlainText
from afina.data.example import Where
from afina.data.row import Tools
from afina.errors import DataError
from talkers import CHATML, tokenizer

#: Forgets what was thought before the last question, as templates of reasoning models do.
FORGETFUL = (
    "{% for m in messages %}{% if m['role'] == 'assistant' and not loop.last %}A:{% else %}"
    "{{ m['role'] }}:{{ m['content'] }}{% endif %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def tools(template: str = CHATML, *, begins: bool = False, length: int = 1000) -> Tools:
    return Tools(tokenizer(template, begins=begins), (), length)


def talk(*turns: str, weights: dict[int, float] | None = None) -> Conversation:
    """Turns of the user and of the assistant, one after the other."""
    roles = ("user", "assistant")
    return Conversation(
        where=Where("chats.jsonl", 7),
        messages=tuple(
            Message(roles[place % 2], turn, (weights or {}).get(place, 1.0))
            for place, turn in enumerate(turns)
        ),
    )


def learnt(row: Any, given: Tools) -> list[tuple[str, float]]:
    """The stretches that are learnt, and what their tokens count."""
    found: list[tuple[list[int], float]] = []
    before = 0.0
    for number, count in zip(row.ids, row.counts, strict=True):
        if count and count == before:
            found[-1][0].append(number)
        elif count:
            found.append(([number], count))
        before = count
    return [(given.tokenizer.decode(ids), count) for ids, count in found]


def test_answers_are_learnt_up_to_their_end_token_and_nothing_else_is() -> None:
    given = tools()
    row = encode_conversation(talk("Hi", "Hello", "More?", "No"), given, "answers")
    assert given.tokenizer.decode(row.ids) == (
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n"
        "<|im_start|>user\nMore?<|im_end|>\n<|im_start|>assistant\nNo<|im_end|>\n"
    )
    assert learnt(row, given) == [("Hello<|im_end|>", 1.0), ("No<|im_end|>", 1.0)]
    last = encode_conversation(talk("Hi", "Hello", "More?", "No"), given, "last")
    assert last.ids == row.ids
    assert learnt(last, given) == [("No<|im_end|>", 1.0)]
    everything = encode_conversation(talk("Hi", "Hello"), given, "all")
    assert everything.counts == (0.0, *[1.0] * (len(everything.ids) - 1))


def test_a_turn_may_count_more_or_be_context() -> None:
    given = tools()
    row = encode_conversation(talk("a", "b", "c", "d", weights={1: 0.0, 3: 0.5}), given, "answers")
    assert learnt(row, given) == [("d<|im_end|>", 0.5)]


@pytest.mark.parametrize("template", [CHATML, DEFAULT_TEMPLATE])
@pytest.mark.parametrize("begins", [False, True])
def test_a_prompt_has_the_ids_that_training_saw_before_the_answer(template: str, begins: bool) -> None:
    """Also where the answer begins with a line break, and a token would straddle the line between both."""
    given = tools(template, begins=begins)
    turns = ("Hi", "\nHello", "re", "Hey\nHo")
    row = encode_conversation(talk(*turns), given, "answers")
    for asked in (1, 3):
        prompt = prompt_ids(talk(*turns[:asked]).messages, given)
        assert row.ids[: len(prompt)] == tuple(prompt)
        assert not any(row.counts[len(prompt) - 1 : len(prompt)])
        assert row.counts[len(prompt)] == 1.0
    assert (row.ids[:1] == (0,)) == (begins or template == DEFAULT_TEMPLATE)
    assert row.ids.count(0) == (begins or template == DEFAULT_TEMPLATE)


def test_what_the_model_is_told_stands_before_conversations_that_do_not_say_it() -> None:
    given, told = tools(), replace(tools(), system="Be brief.")
    said = talk("Hi", "Hello")
    own = replace(said, messages=(Message("system", "Be brief."), *said.messages))
    assert encode_conversation(said, told, "answers") == encode_conversation(own, given, "answers")
    assert prompt_ids(said.messages[:1], told) == prompt_ids(own.messages[:2], given)
    other = replace(said, messages=(Message("system", "Be long."), *said.messages))
    assert encode_conversation(other, told, "answers") == encode_conversation(other, given, "answers")


def test_where_the_template_writes_no_end_the_last_answer_gets_one() -> None:
    template = (
        "{% for m in messages %}[{{ m['content'] }}]{% endfor %}{% if add_generation_prompt %}[{% endif %}"
    )
    given = tools(template)
    row = encode_conversation(talk("Hi", "Hello"), given, "answers")
    assert learnt(row, given) == [("Hello]<|im_end|>", 1.0)]
    with pytest.raises(DataError, match=r"chats\.jsonl:7: .* does not say where the assistant's turns end"):
        encode_conversation(talk("a", "b", "c", "d"), given, "answers")


def test_a_template_that_rewrites_earlier_turns_is_refused() -> None:
    with pytest.raises(DataError, match=r"chats\.jsonl:7: .* in another way once other turns follow"):
        encode_conversation(talk("a", "b", "c", "d"), tools(FORGETFUL), "answers")
    assert encode_conversation(talk("a", "b"), tools(FORGETFUL), "answers").ids


def test_a_template_may_refuse_a_conversation() -> None:
    template = "{{ raise_exception('no system turn, please') }}"
    with pytest.raises(DataError, match=r"chats\.jsonl:7: .*no system turn, please"):
        encode_conversation(talk("a", "b"), tools(template), "answers")


def test_what_is_cut_off_is_counted() -> None:
    given, whole = tools(), encode_conversation(talk("Hi", "Hello"), tools(), "answers")
    row = encode_conversation(talk("Hi", "Hello"), tools(length=len(whole.ids) - 3), "answers")
    assert (row.cut, row.lost) == (3, 2)  # the line break after the end, the end, and one letter
    assert learnt(row, given) == [("Hell", 1.0)]
    assert encode_conversation(talk("Hi", "Hello"), tools(length=10), "answers").lost == 6


def test_a_plain_text_is_learnt_as_a_whole_with_its_end() -> None:
    for begins in (False, True):
        given = tools(begins=begins)
        (row,) = encode_plain(PlainText(where=Where("a.txt", 1), text="The law."), given)
        assert given.tokenizer.decode(row.ids) == "<|begin|>" * begins + "The law.<|im_end|>"
        assert row.counts == (0.0, *[1.0] * (len(row.ids) - 1))


def test_a_tokenizer_that_writes_into_every_piece_is_refused() -> None:
    from tokenizers import normalizers

    from afina.errors import ModelError

    check_tokenizer(tools(), "good")
    given = tools()
    given.tokenizer.backend_tokenizer.normalizer = normalizers.Prepend("_")
    with pytest.raises(ModelError, match="the tokenizer of bad changes texts"):
        check_tokenizer(given, "bad")


@pytest.mark.model
def test_the_default_language_model_learns_what_it_is_asked_for(tmp_path: Path) -> None:
    from afina.models.load import Model, load

    loaded = load(Model(name="smollm2-135m"), head="causal")
    given = Tools(loaded.tokenizer, (), loaded.max_length)
    check_tokenizer(given, loaded.name)
    row = encode_conversation(talk("¿Qué hora es?", "Son las 12."), given, "answers")
    assert learnt(row, given) == [("Son las 12.<|im_end|>", 1.0)]
    prompt = prompt_ids(talk("¿Qué hora es?").messages, given)
    assert row.ids[: len(prompt)] == tuple(prompt)
    assert given.tokenizer.decode(prompt).endswith("<|im_start|>assistant\n")
