"""Every check of the audit finds what was planted for it, and says nothing of sound data."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from afina.data.audit import CHECKS, Audit, Audited, Finding, Suspect
from afina.data.conversation import Conversation, Message
from afina.data.example import LabelledText, Splits, Where
from afina.data.examples import Cleaned
from afina.errors import Problem

PLACES = [Where("data.csv", line) for line in range(2, 1000)]


def text(number: int, count: int = 9) -> str:
    """Words that no other number has."""
    draw = random.Random(number)
    return " ".join("".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(count)) + "."


def row(number: int, words: str | None = None, label: str | None = None, **more: Any) -> LabelledText:
    label = label or ("good" if number % 2 else "bad")
    words = text(number, 6 + number % 7) if words is None else words
    return LabelledText(where=PLACES[number], text=words, target={label: 1.0}, **more)


def sound(*planted: LabelledText, **more: Any) -> Audited:
    """Ninety sound rows, and those that are planted among the training rows."""
    sides = [tuple(map(row, range(*span))) for span in ((0, 60), (60, 75), (75, 90))]
    return Audited(Splits((*sides[0], *planted), *sides[1:]), language="en", **more)


def talks(*pairs: tuple[str, str]) -> Audited:
    sides = [
        tuple(
            Conversation(where=PLACES[n], messages=(Message("user", asked), Message("assistant", said)))
            for n, (asked, said) in enumerate(pairs)
        ),
        (),
        (),
    ]
    return Audited(Splits(*sides), labelled=False)


def many(words: Callable[[int], str], count: int = 20, first: int = 100) -> list[LabelledText]:
    return [row(number, words(number)) for number in range(first, first + count)]


def only(*texts: str, language: str = "en") -> Audited:
    return Audited(Splits(tuple(row(n, words) for n, words in enumerate(texts)), (), ()), language=language)


def cleaned(number: int, before: str) -> Audited:
    return sound(cleaned=[Cleaned(PLACES[number], ("control",), before, text(number))])


def leaked() -> Audited:
    data = sound()
    splits = replace(data.splits, test=(*data.splits.test, row(100, data.rows[3][1].text.upper(), "good")))
    return replace(data, splits=splits)


LENGTHS = {"train": [9] * 60, "dev": [9] * 15, "test": [9] * 15}
ASKED = "Where is the nearest library, please?"
ENGLISH = "The battery of this phone lasts two whole days and the price is good."
SPANISH = "La batería de este móvil dura dos días enteros y el precio es bueno."
FRENCH = "La batterie de ce téléphone dure deux jours et le prix est vraiment bon."

#: Check -> data with a defect, and sound data that come near it.
PLANTED: dict[str, list[tuple[Audited, Audited]]] = {
    "leakage": [(leaked(), sound())],
    "contradictions": [
        (sound(row(100, text(3, 9), "bad")), sound(row(100, text(3, 9), "good"))),
    ],
    "label_variants": [(sound(row(100, label="Good")), sound(row(100, label="fair")))],
    "suspects": [
        (
            sound(suspects=lambda: [Suspect(PLACES[4], text(4), "bad", "good", 0.9)]),
            sound(suspects=list),
        )
    ],
    "shortcuts": [
        # A word, a length, a group.
        (
            sound(*(row(n, text(n) + (" END" if n % 2 else "")) for n in range(100, 300))),
            sound(*(row(n, text(n) + (" END" if n % 20 == 1 else "")) for n in range(100, 300))),
        ),
        (
            sound(*(row(n, text(n, 30 if n % 2 else 10)) for n in range(100, 300))),
            sound(*(row(n, text(n, 10 + n % 3)) for n in range(100, 300))),
        ),
        (
            sound(*(row(n, group=f"shop {n % 4}") for n in range(100, 300))),
            sound(*(row(n, group=f"shop {n % 3}") for n in range(100, 300))),
        ),
    ],
    "balance": [(sound(row(100, label="rare")), sound())],
    "empty": [
        (sound(dropped=[Problem("no text.", "data.csv:9")]), sound()),
        (sound(row(100, "... !")), sound(row(100, "ok!"))),
    ],
    "encoding": [
        (sound(row(100, "El cafÃ© estÃ¡ frÃ­o.")), sound(row(100, "O CAFÉ”, “AMANHÔ, É… são 20 °C, 5 €"))),
        (sound(row(100, "itâ€™s ðŸ˜€ fine")), sound(row(100, "it’s 😀 fine — “desde aquí”…"))),
        (sound(row(100, "cafÃƒÂ©")), sound(row(100, "Ξ Ω Привет 你好 Ñandú Âmbar"))),
        (sound(row(100, "the caf\ufffd was closed")), sound(row(100, "the cafe was closed?"))),
        # What cleaning took away is seen all the same.
        (cleaned(3, "half \ud83d of it"), cleaned(3, "whole \u200b of it")),
    ],
    "truncation": [
        (
            sound(*many(lambda n: (text(n, 60).rstrip(".") + " word")[:280])),
            sound(*many(lambda n: text(n, 60)[: 280 - n % 20] + ".")),
        )
    ],
    "templates": [
        (
            sound(*many(lambda n: f"Dear customer, thank you for writing: {text(n)}")),
            sound(*many(lambda n: f"Dear customer, {text(n)}")),
        ),
        (
            sound(*many(lambda n: f"{text(n)} Sent from my telephone with love")),
            sound(*many(lambda n: "one text that stands in many rows as it is")),
        ),
    ],
    "overlap": [
        (talks((ASKED, f"{ASKED} It is in Main Street.")), talks((ASKED, "It is in Main Street."))),
    ],
    "pii": [
        (sound(row(100, f"write to me: {planted}")), sound(row(100, f"write to me: {harmless}")))
        for planted, harmless in (
            ("ana.perez@example.org", "ana @ example, org"),
            ("+57 300 123 4567", "2024-11-25 18:30"),
            ("(415) 555-0132", "version 10.15.7 of 1998"),
            ("612 34 56 78", "612 34 56"),
            ("ES91 2100 0418 4502 0005 1332", "ES92 2100 0418 4502 0005 1332"),
            ("4111 1111 1111 1111", "4111 1111 1111 1112"),
            ("12345678Z", "12345678A"),
            ("X1234567L", "X1234567A"),
            ("219-09-9999", "900-09-9999"),
            ("NIT 800.197.268-4", "NIT 800.197.268-5"),
            ("C.C. 1.020.304.050", "1.020.304.050 pesos"),
        )
    ],
    "profanity": [(sound(row(100, "what a DÁMN thing")), sound(row(100, "a dam and damned things")))],
    "duplicates": [(sound(row(100, text(4, 10))), sound(row(100)))],
    "near_duplicates": [(sound(row(100, text(12, 11) + " x")), sound(row(100)))],
    "lost_answers": [
        (sound(limit=8, lost={**LENGTHS, "train": [0] * 59 + [3], "dev": [], "test": []}), sound()),
    ],
    "lengths": [
        (sound(limit=8, lengths=LENGTHS), sound(limit=9, lengths=LENGTHS)),
    ],
    "language": [
        (only(ENGLISH, SPANISH), only(ENGLISH, "sí, qué va")),
        (only(*[SPANISH, FRENCH] * 5, language="und"), only(*[ENGLISH] * 19, SPANISH, language="und")),
    ],
}  # fmt: skip
CASES = [(kind, number) for kind in PLANTED for number in range(len(PLANTED[kind]))]
SETTINGS = {"profanity": {"words": ["damn"]}}


def found(kind: str, data: Audited) -> list[Finding]:
    audit = Audit.of({"checks": [kind], "settings": {kind: SETTINGS.get(kind, {})}})
    return audit.run(data)


def test_a_defect_is_planted_for_every_check() -> None:
    assert set(PLANTED) == set(CHECKS)


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_what_is_planted_is_found_and_what_is_sound_is_not(kind: str, number: int) -> None:
    defect, harmless = PLANTED[kind][number]
    findings = found(kind, defect)
    assert findings
    for finding in findings:
        assert finding.check == kind
        assert finding.message.endswith((".", ")"))
        assert finding.fix.endswith(".")
        assert finding.count >= len(finding.rows)
    assert found(kind, harmless) == []
