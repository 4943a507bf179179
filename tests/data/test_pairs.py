"""What encoder-decoders read and write: a question as it is, its answer with one end, both cut and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import seq2seq
from afina.data.batch import collate_answers
from afina.data.conversation import Conversation, Message
from afina.data.example import Where
from afina.data.pairs import asked_ids, encode_pair
from afina.data.row import Tools

TOOLS = Tools(seq2seq.tokenizer(), (), 100, start=0)
LETTERS = TOOLS.tokenizer


def talk(*turns: tuple[str, str], weight: float = 1.0) -> Conversation:
    messages = [Message(role, text) for role, text in turns]
    messages[-1] = replace(messages[-1], weight=weight)
    return Conversation(where=Where("t.jsonl", 1), messages=tuple(messages))


def text(ids: Any) -> str:
    return str(LETTERS.decode(list(ids)))


PAIR = (("user", "hola"), ("assistant", "hello"))


def test_one_question_is_read_as_it_is_and_its_answer_ends_once() -> None:
    row = encode_pair(talk(*PAIR), TOOLS)
    assert text(row.read) == "hola</s>"
    assert text(row.written) == "hello</s>"
    assert row.counts == (0.0,) * 5 + (1.0,) * 6
    assert (row.cut, row.lost) == (0, 0)
    assert asked_ids([Message("user", "hola")], TOOLS) == list(row.read)


def test_an_end_token_is_added_where_the_tokenizer_has_none() -> None:
    from tokenizers import processors

    made = seq2seq.tokenizer()
    made.backend_tokenizer.post_processor = processors.TemplateProcessing(single="$A", special_tokens=[])
    row = encode_pair(talk(*PAIR), Tools(made, (), 100, start=0))
    assert text(row.read) == "hola"
    assert text(row.written) == "hello</s>"


def test_what_the_model_is_told_stands_in_front_with_one_space() -> None:
    for system in ("to ES:", "to ES: "):
        told = replace(TOOLS, system=system)
        assert text(encode_pair(talk(*PAIR), told).read) == "to ES: hola</s>"
        assert text(asked_ids([Message("user", "hola")], told)) == "to ES: hola</s>"
        own = talk(("system", "FR:"), *PAIR)
        assert text(encode_pair(own, told).read) == "FR: hola</s>"


def test_of_a_longer_conversation_each_turn_is_a_line() -> None:
    row = encode_pair(talk(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")), TOOLS)
    assert text(row.read) == "User: a\nAssistant: b\nUser: c</s>"
    assert text(row.written) == "d</s>"


def test_a_chat_template_is_kept_to_where_there_is_one() -> None:
    made = seq2seq.tokenizer()
    made.chat_template = "{% for m in messages %}{{ m['content'] }}:{% endfor %}"
    assert text(encode_pair(talk(*PAIR), Tools(made, (), 100, start=0)).read) == "hola:</s>"


def test_both_sides_are_cut_and_what_counts_is_told() -> None:
    row = encode_pair(
        talk(("user", "abcdefgh"), ("assistant", "abcdef"), weight=0.5), replace(TOOLS, max_length=5)
    )
    assert text(row.read) == "abcd</s>"
    assert text(row.written) == "abcde"
    assert row.counts == (0.0,) * 5 + (0.5,) * 5
    assert (row.cut, row.lost) == (4 + 2, 2)
    nothing = encode_pair(talk(("user", "a"), ("assistant", "b"), weight=0.0), TOOLS)
    assert not any(nothing.counts)
    asked = encode_pair(talk(("user", "a")), TOOLS)
    assert text(asked.read) == "a</s>"
    assert not any(asked.counts)


def test_a_decoder_reads_its_answer_moved_by_one_place() -> None:
    rows = [
        encode_pair(talk(*PAIR, weight=0.5), TOOLS),
        encode_pair(talk(("user", "a"), ("assistant", "b")), TOOLS),
    ]
    batch = collate_answers(rows, TOOLS, (3, 4))
    given = batch.inputs
    assert given["input_ids"].tolist() == [list(rows[0].read), [*rows[1].read, 0, 0, 0]]
    assert given["attention_mask"].sum(1).tolist() == [5, 2]
    assert given["decoder_input_ids"].tolist() == [
        [0, *rows[0].written[:-1]],
        [0, rows[1].written[0], 0, 0, 0, 0],
    ]
    assert given["owners"].tolist() == [0] * 6 + [1] * 2
    assert given["places"].tolist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert given["targets"].tolist() == [*rows[0].written, *rows[1].written]
    assert given["counts"].tolist() == [0.5] * 6 + [1.0] * 2
    assert batch.rows == (3, 4)


@pytest.mark.parametrize("length", [1, 3])
def test_rows_of_the_same_ids_and_other_halves_are_not_taken_for_each_other(length: int) -> None:
    row = encode_pair(talk(("user", "abc"), ("assistant", "d")), TOOLS)
    other = replace(row, asked=length)
    assert row.ids == other.ids
    assert row.read != other.read
