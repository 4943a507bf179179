"""Every recipe that comes along can be used, and says what to expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from afina.recipe.load import recipe_from

RECIPES = sorted((Path(__file__).parent.parent.parent / "recipes").iterdir())


def test_there_are_recipes() -> None:
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_a_ready_recipe_is_valid_and_states_data_command_and_result(path: Path) -> None:
    recipe_from(path)
    comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    for word in ("Data:", "Command:", "Result:"):
        assert any(line.removeprefix("#").strip().startswith(word) for line in comments), word
    assert any(f"recipes/{path.name}" in line for line in comments)
