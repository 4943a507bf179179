from __future__ import annotations

from pathlib import Path

import pytest

from afina.language import speaking
from afina.recipe.describe import settings, settings_page
from afina.recipe.load import compose
from afina.recipe.recipe import Recipe

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_every_setting_has_help_and_a_type() -> None:
    assert [setting["name"] for setting in settings() if not setting["help"] or not setting["type"]] == []


def test_every_setting_of_a_recipe_is_described() -> None:
    def paths(values: dict[str, object], path: str = "") -> set[str]:
        found = set()
        for name, value in values.items():
            here = f"{path}{name}"
            found |= paths(value, f"{here}.") if isinstance(value, dict) else {here}
        return found

    recipe = compose({"data": "a.csv", "objective": "cross_entropy"})
    known = {setting["name"] for setting in settings()}
    assert {path.removesuffix(".kind") for path in paths(recipe.plain())} <= known


def test_settings_say_their_limits_defaults_and_kind() -> None:
    found = {(setting["name"], setting["of"]): setting for setting in settings()}
    assert found["train.batch", None]["type"] == "whole number (at least 1)"
    assert found["train.batch", None]["default"] == 16
    assert found["adapt", None]["default"] == "full"
    assert found["adapt.blocks", "top_blocks"]["default"] == 2
    assert found["language", None]["type"] == "one of en, es"


def test_defaults_are_valid() -> None:
    """Every default that is told can be given."""
    for setting in settings():
        steps = setting["name"].split(".")
        if setting["default"] is None or len(steps) != 2 or setting["of"]:
            continue
        values = {steps[0]: {steps[1]: setting["default"]}}
        Recipe.of(values)


@pytest.mark.parametrize(("language", "name"), [("en", "settings.md"), ("es", "settings.es.md")])
def test_the_page_of_settings_is_up_to_date(language: str, name: str) -> None:
    """Run 'make docs' when this fails."""
    with speaking(language):
        assert (DOCS / name).read_text(encoding="utf-8") == settings_page()
