"""Every sentence exists in Spanish, says the same things, and the catalogues are up to date."""

from __future__ import annotations

import ast
import importlib.util
import math
import re
import string
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message

from afina import language

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gathered(messages: ModuleType) -> Catalog:
    catalog: Catalog = messages.template()
    return catalog


@pytest.fixture(scope="module")
def spanish(messages: ModuleType, gathered: Catalog) -> Catalog:
    catalog: Catalog = messages.merged("es", gathered)
    return catalog


def told(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def forms(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value or "",)


def placeholders(text: str) -> set[str]:
    named = {name for _text, name, _spec, _how in string.Formatter().parse(text) if name is not None}
    return named | set(re.findall(r"%\(\w+\)s", text))


def test_there_are_sentences(gathered: Catalog) -> None:
    ids = {forms(message.id)[0] for message in gathered}
    assert "Usage:" in ids
    assert "Full fine-tuning: every weight of the network learns." in ids
    assert "Peak learning rate; empty: what suits the method." in ids
    assert len(ids) > 300


def test_every_sentence_has_its_spanish(spanish: Catalog) -> None:
    missing = [message.id for message in told(spanish) if not all(forms(message.string))]
    assert missing == []


def test_nothing_is_fuzzy(spanish: Catalog) -> None:
    assert [message.id for message in told(spanish) if message.fuzzy] == []


def test_placeholders_are_the_same(spanish: Catalog) -> None:
    wrong = []
    for message in told(spanish):
        for number, (source, text) in enumerate(zip(forms(message.id), forms(message.string))):
            # "one row" may leave the number out.
            optional = {"count"} if len(forms(message.id)) > 1 and number == 0 else set()
            if text and not (placeholders(text) ^ placeholders(source)) <= optional:
                wrong.append((source, text))
    assert wrong == []


def test_sentences_end_alike(spanish: Catalog) -> None:
    """A full stop, a colon or an ellipsis is kept, so that texts can be put together in both languages.

    Headings of a word or two may be abbreviations.
    """
    wrong = [
        (source, text)
        for message in told(spanish)
        for source, text in zip(forms(message.id), forms(message.string))
        if text and " " in source and (source[-1] in ".:…") != (text[-1] in ".:…")
    ]
    assert wrong == []


def test_the_catalogues_are_up_to_date(messages: ModuleType, gathered: Catalog, spanish: Catalog) -> None:
    """Run 'make messages' when this fails."""
    path = messages.catalogue_path("es")
    assert messages.TEMPLATE.read_bytes() == messages.written(gathered)
    assert path.read_bytes() == messages.written(spanish)
    assert path.with_suffix(".mo").read_bytes() == messages.compiled(spanish)


def calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in sorted((ROOT / "src" / "afina").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "ngettext")
            ):
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node))
    return found


def test_no_sentence_is_built_before_it_is_translated() -> None:
    """``_(f"...")`` and ``_("...".format())`` would never be found in a catalogue."""
    wrong = [
        place
        for place, call in calls()
        for argument in call.args[: 2 if call.func.id == "ngettext" else 1]  # type: ignore[attr-defined]
        if isinstance(argument, ast.JoinedStr | ast.BinOp)
        or (isinstance(argument, ast.Call) and ast.unparse(argument.func).endswith("format"))
    ]
    assert wrong == []


def test_the_language_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert language.guess(["--lang", "es"], {"AFINA_LANG": "en"}) == "es"
    assert language.guess(["train", "--lang=es"], {}) == "es"
    assert language.guess([], {"AFINA_LANG": "es", "LANG": "en_US.UTF-8"}) == "es"
    assert language.guess([], {"LANG": "es_MX.UTF-8"}) == "es"
    assert language.guess([], {"LC_ALL": "C", "LANG": "es_ES.UTF-8"}) == "en"
    assert language.guess([], {"LANG": "fr_FR.UTF-8"}) == "en"
    assert language.guess(["--lang", "fr"], {"LANG": "es_ES"}) == "es"


@pytest.mark.parametrize(
    ("value", "most", "english", "spanish"),
    [
        (4.5, 6, "4.5", "4,5"),
        (-1.25, 6, "−1.25", "−1,25"),
        (0, 6, "0", "0"),
        (3.0, 6, "3", "3"),
        (1250000.0, 6, "1,250,000", "1.250.000"),
        (0.000123, 2, "0.00012", "0,00012"),
        (0.000012, 6, "1.2e-05", "1,2e-05"),
        (0.9996, 3, "1", "1"),
        (math.inf, 6, "–", "–"),
    ],
)
def test_numbers_with_the_digits_that_they_have(value: float, most: int, english: str, spanish: str) -> None:
    assert language.figures(value, most) == english
    with language.speaking("es"):
        assert language.figures(value, most) == spanish


def test_a_language_lasts_as_long_as_its_block() -> None:
    with language.speaking("es"):
        assert language.current() == "es"
    assert language.current() == "en"
    with pytest.raises(ValueError, match="one of en, es"):
        language.speak("fr")
