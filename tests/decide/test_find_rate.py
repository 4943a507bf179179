"""A learning rate that is found by raising it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from afina.decide.find_rate import find_rate, suggested
from afina.errors import RecipeError
from afina.recipe.recipe import Recipe


def recipe(model: Path, table: Path, adapt: str) -> Recipe:
    return Recipe.of({"data": str(table), "model": str(model), "adapt": adapt})


def test_it_is_a_tenth_of_where_the_loss_is_smallest() -> None:
    rates = np.geomspace(1e-6, 1.0, 100)
    losses = 1.0 - 0.6 * np.exp(-(((np.log10(rates) + 2) / 0.8) ** 2))  # smallest at 0.01
    found = suggested(rates, losses, usual=1e-3)
    # Smoothing looks back, by nine steps of 15 % on average.
    assert 0.01 < found.lowest < 0.05
    assert found.suggested == pytest.approx(found.lowest / 10, rel=0.06)
    assert found.steepest < found.lowest


def test_it_trains_a_network_that_is_thrown_away(tiny_model: Path, small_table: Path) -> None:
    settings = recipe(tiny_model, small_table, "full")
    found = find_rate(settings)
    assert len(found.rates) == len(found.losses) >= 25
    assert np.all(np.diff(found.rates) > 0)
    assert np.isfinite(found.losses).all()
    assert found.rates[0] < found.suggested < found.rates[-1]
    again = find_rate(settings)
    assert (again.suggested, again.losses) == (found.suggested, found.losses)


def test_a_head_that_is_solved_for_has_no_rate(tiny_model: Path, small_table: Path) -> None:
    with pytest.raises(RecipeError, match="no learning rate to search"):
        find_rate(recipe(tiny_model, small_table, "features"))
