"""Which column is translated into which, and out of which language into which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from afina.data.conversation import Conversation
from afina.data.languages import code_of, name_of
from afina.data.load import Data, Dataset
from afina.data.split import Split
from afina.data.translations import load_translations
from afina.errors import AfinaError, DataError

ENGLISH = [f"The house number {n} is big and it has a small garden behind it." for n in range(20)]
SPANISH = [f"La casa número {n} es grande y tiene un pequeño jardín detrás." for n in range(20)]
FRENCH = [f"La maison numéro {n} est grande et elle a un petit jardin derrière." for n in range(20)]


def table(path: Path, columns: dict[str, list[str]], between: str = "\t") -> str:
    lines = [between.join(columns), *(between.join(row) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def read(path: str, source: str | None = None, target: str | None = None, **settings: Any) -> Dataset:
    alike = Split(near_duplicates=None)  # these sentences are, on purpose
    return load_translations(Data(path=path, split=alike, **settings), 0, source, target)


def first(data: Dataset) -> tuple[str, str]:
    one = min(data.splits.train, key=lambda example: example.where.line)
    assert isinstance(one, Conversation)
    assert [message.role for message in one.messages] == ["user", "assistant"]
    return one.messages[0].content[:2], one.messages[1].content[:2]


@pytest.mark.parametrize(
    ("english", "spanish"),
    [("en", "es"), ("eng", "spa"), ("English", "Español"), ("inglés", "español"), ("en_US", "es-MX")],
)
def test_columns_are_known_by_the_names_of_languages(english: str, spanish: str, tmp_path: Path) -> None:
    path = table(tmp_path / "pairs.tsv", {"id": ["x"] * 20, english: ENGLISH, spanish: SPANISH})
    data = read(path)
    assert data.languages == ("en", "es")
    assert first(data) == ("Th", "La")
    assert data.columns is not None
    assert (data.columns.text, data.columns.label) == (english, spanish)
    assert "Texts in 'en' are translated into 'es'." in data.notes
    assert not any("language of most texts" in note for note in data.notes)


@pytest.mark.parametrize(
    "given", [{"source": "es"}, {"target": "en"}, {"source": "Spanish", "target": "eng"}]
)
def test_the_direction_can_be_chosen(given: dict[str, str], tmp_path: Path) -> None:
    data = read(table(tmp_path / "pairs.tsv", {"en": ENGLISH, "es": SPANISH}), **given)
    assert data.languages == ("es", "en")
    assert first(data) == ("La", "Th")


@pytest.mark.parametrize("names", [("source", "target"), ("src", "tgt"), ("left", "right")])
def test_other_columns_in_their_order_and_the_languages_by_the_texts(
    names: tuple[str, str], tmp_path: Path
) -> None:
    data = read(table(tmp_path / "pairs.tsv", dict(zip(names, (SPANISH, ENGLISH), strict=True))))
    assert data.languages == ("es", "en")
    assert first(data) == ("La", "Th")


def test_columns_that_are_named_and_conversations(tmp_path: Path) -> None:
    path = table(tmp_path / "pairs.tsv", {"a": ENGLISH, "b": SPANISH, "c": FRENCH})
    assert read(path, text="c", label="a").languages == ("fr", "en")
    talks = [
        {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]}
        for asked, said in zip(ENGLISH, SPANISH, strict=True)
    ]
    (tmp_path / "talks.jsonl").write_text("".join(json.dumps(talk) + "\n" for talk in talks))
    data = read(str(tmp_path / "talks.jsonl"), shape="openai_chat")
    assert data.languages == ("en", "es")
    assert data.columns is None


def test_three_languages_need_two_settings(tmp_path: Path) -> None:
    path = table(tmp_path / "pairs.tsv", {"en": ENGLISH, "es": SPANISH, "fr": FRENCH})
    assert read(path, "fr", "es").languages == ("fr", "es")
    for given in ({}, {"source": "en"}):
        with pytest.raises(AfinaError, match=r"several languages: en, es, fr\. Say which with task\.source"):
            read(path, **given)
    with pytest.raises(DataError, match=r"task\.target_language: no column is called after .* \"de\""):
        read(path, "en", "de")


def test_what_is_not_clear_or_empty_is_told(tmp_path: Path) -> None:
    path = table(tmp_path / "pairs.tsv", {"a": ENGLISH, "b": SPANISH, "c": FRENCH})
    with pytest.raises(
        DataError, match=r"not clear which columns .* 'a', 'b', 'c'\. Name them with data\.text"
    ):
        read(path)
    with pytest.raises(DataError, match=r"data\.label: .* has no column \"d\""):
        read(path, text="a", label="d")
    holes = table(tmp_path / "holes.tsv", {"en": ENGLISH, "es": ["", *SPANISH[1:]]})
    with pytest.raises(DataError, match=r"holes\.tsv:2: es: this is empty"):
        read(holes)


def test_letters_accents_and_marks_stay(tmp_path: Path) -> None:
    said = [f"¿CUÁNTO  cuesta el Nº {n}?" for n in range(20)]
    data = read(table(tmp_path / "pairs.tsv", {"en": ENGLISH, "es": said}))
    assert {one.messages[1].content for one in data.splits.train} <= set(said)


def test_names_of_languages() -> None:
    names = ("pt_BR", "ES", "Français", "quechua", "est", "esto", "", "id", "indonesio")
    codes = ("pt", "es", None, "qu", None, None, None, None, "id")
    assert tuple(map(code_of, names)) == codes
    assert (name_of("es"), name_of("Aymara")) == ("Spanish", "Aymara")
