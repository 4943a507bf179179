"""Chats: what is kept, what is forgotten, and how it looks in a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import afina
import talkers
from afina.errors import DataError, ModelError
from afina.ship.chat import Chat


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return talkers.write(tmp_path / "talker")


def test_an_answer_is_given_with_what_was_said_before_in_mind(folder: Path) -> None:
    chat = afina.chat(str(folder), system="Be brief.", max_tokens=8)
    first = chat.ask("Hi")
    second = chat.ask("More")
    assert [(m.role, m.content) for m in chat.messages] == [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("assistant", first),
        ("user", "More"),
        ("assistant", second),
    ]
    chat.forget()
    assert chat.ask("More") == afina.chat(str(folder), system="Be brief.", max_tokens=8).ask("More")
    pieces: list[str] = []
    assert chat.ask("And?", pieces.append) == "".join(pieces)


def test_the_oldest_turns_are_forgotten_when_there_is_no_room(folder: Path) -> None:
    chat = Chat(str(folder), max_tokens=4)
    for number in range(6):
        chat.ask(f"question {number}")
    said = [message.content for message in chat.messages if message.role == "user"]
    assert said[-1] == "question 5"
    assert 1 <= len(said) < 6
    with pytest.raises(DataError, match=r"too long: \d+ tokens, and there is room for 124"):
        chat.ask("x" * 200)


def test_draws_differ_by_seed_and_repeat(folder: Path) -> None:
    answers = [
        afina.chat(str(folder), max_tokens=12, temperature=2.0, seed=seed).ask("Hi") for seed in (1, 1, 2)
    ]
    assert answers[0] == answers[1] != answers[2]


def test_a_model_that_generates_nothing_is_refused(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.name: .* does not generate text \(bert\)\. Choose"):
        afina.chat(str(tiny_model))


def talk(folder: Path, typed: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "afina", "chat", str(folder), "--max-tokens", "6", *options],
        input=typed, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_questions_through_a_pipe_are_answered_one_a_line(folder: Path) -> None:
    told = talk(folder, "Hi\n\n/new\nHi\n", "--json")
    assert told.returncode == 0, told.stderr
    turns = json.loads(told.stdout)
    assert [turn["question"] for turn in turns] == ["Hi", "Hi"]
    assert turns[0]["answer"] == turns[1]["answer"]
    plain = talk(folder, "Hi\n/exit\nHi\n")
    assert plain.stdout == turns[0]["answer"] + "\n\n"


@pytest.mark.model
def test_the_default_language_model_answers() -> None:
    answer = afina.chat("smollm2-135m", max_tokens=24).ask("What is the capital of France?")
    assert "Paris" in answer
