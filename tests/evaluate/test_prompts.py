"""Prompts: which examples are shown, and where."""

from __future__ import annotations

from afina.data.conversation import Conversation, Message
from afina.data.example import Where
from afina.evaluate.prompts import PROMPTS, prompted


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
    first, second = prompt.choose(SHOWN, asked, seed=0)
    assert first == second
    assert len(set(first)) == 2
    assert any(prompt.choose(SHOWN, asked, seed=seed)[0] != first for seed in range(1, 5))


def test_retrieval_shows_the_nearest_questions_the_nearest_one_last() -> None:
    prompt = PROMPTS.make({"kind": "retrieval", "examples": 2})
    (chosen,) = prompt.choose(SHOWN, [talk("Can I cancel it?", "?")], seed=0)
    assert chosen == [0, 2]
    # Answers play no part: at the time of asking there is none.
    assert prompt.choose(SHOWN, [talk("Can I cancel it?", "Yes, to Spain.")], 0) == [[0, 2]]
