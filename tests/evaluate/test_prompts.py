"""Prompts: which examples are shown, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from afina.data.conversation import Conversation, Message
from afina.data.example import Where
from afina.errors import DataError
from afina.evaluate.baselines import retrieve as module
from afina.evaluate.baselines.retrieve import retrieve
from afina.evaluate.prompts import PROMPTS, prompted
from afina.evaluate.prompts.documents import passages_of


def talk(asked: str, answer: str, system: str | None = None) -> Conversation:
    turns = (Message("user", asked), Message("assistant", answer))
    begin = (Message("system", system),) if system else ()
    return Conversation(where=Where("t.jsonl", 1), messages=(*begin, *turns))


SHOWN = [
    talk("How do I cancel my order?", "Write to us."),
    talk("Where is my parcel?", "On its way."),
    talk("How can I cancel a subscription?", "In your account."),
    talk("Do you ship to Spain?", "Yes."),
]


def test_examples_stand_between_the_system_turn_and_the_question_and_count_nothing() -> None:
    made = prompted(talk("Why?", "Because.", "Be kind."), [talk("Who?", "Me.", "Be brief.")])
    assert [(m.role, m.content, m.weight) for m in made.messages] == [
        ("system", "Be kind.", 1.0),
        ("user", "Who?", 0.0),
        ("assistant", "Me.", 0.0),
        ("user", "Why?", 1.0),
        ("assistant", "Because.", 1.0),
    ]


def test_few_shot_shows_the_same_examples_to_all_and_others_with_another_seed() -> None:
    prompt, asked = PROMPTS.make({"kind": "few_shot", "examples": 2}), [talk("a", "b"), talk("c", "d")]
    first, second = prompt.choose(SHOWN, asked, 0, "en")
    assert first == second
    assert len(set(first)) == 2
    assert any(prompt.choose(SHOWN, asked, seed, "en")[0] != first for seed in range(1, 5))


def test_retrieval_shows_the_nearest_questions_the_nearest_one_last() -> None:
    prompt = PROMPTS.make({"kind": "retrieval", "examples": 2})
    (chosen,) = prompt.choose(SHOWN, [talk("Can I cancel it?", "?")], 0, "en")
    assert chosen == [0, 2]
    # Answers play no part: at the time of asking there is none.
    assert prompt.choose(SHOWN, [talk("Can I cancel it?", "Yes, to Spain.")], 0, "en") == [[0, 2]]


@pytest.mark.parametrize("by", ["tfidf", "bm25", "embeddings"])
def test_nearest_first_whatever_nearness_is(
    by: str, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "default_model", lambda language: str(tiny_model))
    known = ["the camera broke", "a great price", "the battery was late", "loved the sound"]
    found = retrieve(by, known, ["a great price !", "the battery was early"], 2, "en")
    assert [row[0] for row in found] == [1, 2]
    assert retrieve(by, known, [], 2, "en") == []
    assert len(retrieve(by, known, ["the"], 9, "en")[0]) == (3 if by == "bm25" else 4)


def test_embeddings_are_those_of_the_encoder_for_the_language(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        module,
        "default_model",
        lambda language: asked.append(language) or str(tiny_model),
    )
    prompt = PROMPTS.make({"kind": "retrieval", "by": "embeddings", "examples": 1})
    assert prompt.choose(SHOWN, [SHOWN[2]], 0, "es") == [[2]]
    assert asked == ["es"]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "orders.md").write_text("# Orders\n\nAn order can be cancelled\nfor two days.\n", "utf-8")
    long = "\n\n".join(f"Paragraph {number} " + "word " * 58 for number in range(3))
    (folder / "ships.txt").write_text(f"Parcels go to Spain and Peru.\n\n{long}", "utf-8")
    return folder


def test_documents_are_cut_into_passages_of_whole_paragraphs(documents: Path) -> None:
    first, second, third = passages_of(str(documents))
    assert first == "# Orders\n\nAn order can be cancelled\nfor two days."
    assert second.startswith("Parcels go to Spain and Peru.\n\nParagraph 0 word")
    assert "Paragraph 1" in second
    assert third.startswith("Paragraph 2")


def test_passages_stand_before_the_question_the_nearest_last(documents: Path) -> None:
    prompt = PROMPTS.make({"kind": "documents", "path": str(documents), "passages": 2})
    shown, asked = prompt.shows(SHOWN), talk("Can my order be cancelled, word for word?", "Yes.", "Be kind.")
    (chosen,) = prompt.choose(shown, [asked], 0, "en")
    assert len(chosen) == 2
    assert shown[chosen[-1]].startswith("# Orders")
    made = prompt.put(asked, [shown[chosen[-1]]])
    assert [(m.role, m.content) for m in made.messages] == [
        ("system", "Be kind."),
        ("user", f"{shown[0]}\n\nCan my order be cancelled, word for word?"),
        ("assistant", "Yes."),
    ]
    # Where no word is shared nothing is shown, and the question stays as it is.
    assert prompt.choose(shown, [talk("¿Qué?", "Nada.")], 0, "en") == [[]]
    assert prompt.put(asked, []) == asked


def test_documents_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        passages_of(str(tmp_path / "none"))
