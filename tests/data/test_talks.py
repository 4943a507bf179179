"""Conversations out of files: every shape, and what is told of rows that cannot be used."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from afina.data.conversation import Conversation, PlainText
from afina.data.load import Data, Dataset, load
from afina.data.shapes import SHAPES
from afina.data.talks import load_talks
from afina.errors import DataError, RecipeError

COLOURS = ("red", "blue", "green", "pink", "grey", "black", "white", "brown", "cyan", "gold", "lime", "navy")


def lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def read(path: str, **settings: Any) -> Dataset:
    return load_talks(Data(path=path, **settings), 0)


def said(data: Dataset) -> list[list[tuple[str, str]]]:
    """Role and content of every turn, in the order of the file."""
    talks = sorted((e for _n, side in data.splits.items() for e in side), key=lambda e: e.where.line)
    return [[(message.role, message.content) for message in talk.messages] for talk in talks]


#: kind of shape -> a row about a colour.
ROWS: dict[str, Any] = {
    "openai_chat": lambda c: {
        "messages": [{"role": "user", "content": f"Say {c}"}, {"role": "assistant", "content": c}]
    },
    "sharegpt": lambda c: {
        "conversations": [{"from": "human", "value": f"Say {c}"}, {"from": "gpt", "value": c}]
    },
    "alpaca": lambda c: {"instruction": f"Say {c}", "input": "", "output": c},
    "prompt_completion": lambda c: {"prompt": f"Say {c}", "completion": c},
    "question_answer": lambda c: {"pregunta": f"Say {c}", "Respuesta": c},
    "source_target": lambda c: {"source": f"Say {c}", "target": c},
    "summary": lambda c: {"document": f"Say {c}", "summary": c},
}


def test_every_shape_is_tested() -> None:
    assert set(ROWS) == set(SHAPES)


@pytest.mark.parametrize("kind", ROWS)
def test_a_shape_is_known_by_its_columns(kind: str, tmp_path: Path) -> None:
    data = read(lines(tmp_path / "talks.jsonl", [ROWS[kind](colour) for colour in COLOURS]))
    assert said(data) == [[("user", f"Say {c}"), ("assistant", c)] for c in COLOURS]
    assert f"Each row is a conversation ({kind})." in data.notes
    assert [kind_ for kind_ in SHAPES if SHAPES.make(kind_).fits(list(ROWS[kind]("red")))] == [kind]
    assert sum(len(side) for _name, side in data.splits.items()) == len(COLOURS)
    assert data.labels == ()


def test_tables_and_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("duda", "solucion"), *((f"What is {c}?", f"A {c}") for c in COLOURS)])
    with pytest.raises(DataError, match=r"hold no texts or .*: duda, solucion\. Name the column"):
        read(str(path))
    data = read(str(path), text="duda", label="solucion")
    assert said(data)[0] == [("user", "What is red?"), ("assistant", "A red")]
    with pytest.raises(RecipeError, match=r"data\.shape: there is no shape \"openai\""):
        read(str(path), shape="openai")


def test_everything_a_chat_can_hold(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    def row(colour: str) -> dict[str, Any]:
        return {"messages": turns(colour), "tools": tools}

    tools = [{"type": "function", "function": {"name": "f"}}]

    def turns(colour: str) -> list[dict[str, Any]]:
        return [
            {"role": "system", "content": "Be\n\n  brief."},
            {"role": "user", "content": f"Say {colour}"},
            {"role": "assistant", "content": None, "tool_calls": [call], "weight": 0},
            {"role": "tool", "content": "4", "tool_call_id": "1"},
            {"role": "assistant", "content": "Four", "weight": 1},
        ]

    data = read(lines(tmp_path / "a.jsonl", [row(colour) for colour in COLOURS]))
    talk = data.splits.train[0]
    assert isinstance(talk, Conversation)
    assert [message.weight for message in talk.messages] == [1, 1, 0, 1, 1]
    assert talk.messages[0].content == "Be\n\n  brief."
    assert talk.messages[2].plain() == {"role": "assistant", "content": "", "tool_calls": [call]}
    assert talk.tools == (tools[0],)


def test_plain_texts(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_text("\n".join(f"Article {n} of the law." for n in range(20)))
    data = read(str(tmp_path / "law.txt"))
    assert all(isinstance(e, PlainText) for e in data.splits.train)
    assert data.splits.train[0].text.startswith("Article ")
    assert data.language == "en"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"messages": "Hi"}, r'a\.jsonl:3: messages: this is not a list: "Hi"'),
        ({"messages": []}, r"messages: this list is empty"),
        ({"messages": ["Hi"]}, r"messages\[0\]: this is not an object with role and content"),
        (
            {"messages": [{"role": "usr", "content": "Hi"}]},
            r"messages\[0\]\.role: there is no role \"usr\"\. Did you mean 'user'\?",
        ),
        ({"messages": [{"role": "user", "content": " "}]}, r"messages\[0\]\.content: this is empty"),
        ({"messages": [{"role": "user", "content": 4}]}, r"messages\[0\]\.content: this is not a text: 4"),
        (
            {"messages": [{"role": "user", "content": "Hi"}]},
            r"messages\[0\]\.role: the last turn is not the assistant's",
        ),
        (
            {"messages": [{"role": "assistant", "content": "Hi", "weight": -1}]},
            r"messages\[0\]\.weight: a weight is a number of at least 0 \(got -1\)",
        ),
    ],
)
def test_what_is_wrong_is_told_with_line_and_field(row: dict[str, Any], told: str, tmp_path: Path) -> None:
    rows = [ROWS["openai_chat"](c) for c in COLOURS]
    path = lines(tmp_path / "a.jsonl", [*rows[:2], row, *rows[2:]])
    with pytest.raises(DataError, match=told):
        read(path)
    data = read(path, bad_rows="skip")
    assert [str(problem.where) for problem in data.dropped] == [f"{path}:3"]
    assert len(said(data)) == len(COLOURS)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"prompt": "Hi", "completion": ""}] * 30)
    with pytest.raises(DataError) as caught:
        read(path)
    assert len(caught.value.problems) == 21
    assert "10 more rows have problems." in str(caught.value)


def test_too_few_rows(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there are 3 usable rows, and at least 10 are needed"):
        read(lines(tmp_path / "a.jsonl", [ROWS["alpaca"](c) for c in COLOURS[:3]]))


def test_the_fingerprint_is_of_what_is_learnt(tmp_path: Path) -> None:
    rows = [ROWS["openai_chat"](c) for c in COLOURS]
    first = read(lines(tmp_path / "a.jsonl", rows)).fingerprint
    assert read(lines(tmp_path / "a.jsonl", rows)).fingerprint == first
    rows[0]["messages"][1]["weight"] = 0.5
    assert read(lines(tmp_path / "a.jsonl", rows)).fingerprint != first


@pytest.mark.parametrize("kind", ["openai_chat", "question_answer", "alpaca"])
def test_who_forgets_the_task_is_told(kind: str, tmp_path: Path) -> None:
    path = lines(tmp_path / "talks.jsonl", [ROWS[kind](colour) for colour in COLOURS])
    with pytest.raises(DataError, match=r"These look like conversations: .* add --task generate\."):
        load(Data(path=path), 0)
