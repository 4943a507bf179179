"""A learning rate that is found by raising it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from afina.decide.find_rate import find_rate, smoothed, suggested
from afina.errors import RecipeError, RunError
from afina.recipe.recipe import Recipe

RATES = np.geomspace(1e-7, 1e-1, 100)


def recipe(model: Path, table: Path, adapt: str) -> Recipe:
    return Recipe.of({"data": str(table), "model": str(model), "adapt": adapt})


def curve(fall: float, noise: float, seed: int = 0) -> NDArray[np.float64]:
    """Falls from 1, half of the way at 1e-4, and rises again from 6e-3 on."""
    x = np.log10(RATES)
    falls = 1 - fall / (1 + np.exp(-(x + 4) / 0.3))
    return falls + (fall + 0.5) * (x > -2.2) + noise * np.random.default_rng(seed).normal(size=len(x))


def test_it_is_where_the_loss_has_fallen_half_of_its_way() -> None:
    found = suggested(RATES, curve(0.6, 0.0), usual=1e-4)
    # Smoothing looks back, by nine steps of 15 % on average.
    assert 2e-4 < found.suggested < 4e-4
    assert found.suggested < found.lowest < 1e-2
    assert np.interp(np.log(found.suggested), np.log(RATES), found.losses) == pytest.approx(
        (1 + min(found.losses)) / 2, abs=0.03
    )
    # In a fall that ends as it began the middle is the steepest point.
    slopes = np.gradient(found.losses[: found.rates.index(found.lowest)])
    assert RATES[slopes.argmin()] == pytest.approx(found.suggested, rel=0.35)


def test_noise_moves_it_little() -> None:
    quiet = suggested(RATES, curve(0.5, 0.0), usual=1e-4).suggested
    noisy = [suggested(RATES, curve(0.5, 0.2, seed), usual=1e-4).suggested for seed in range(50)]
    assert max(abs(np.log10(np.array(noisy) / quiet))) < 0.7
    assert np.std(np.log10(noisy)) < 0.25


def test_it_does_not_follow_a_loss_that_falls_at_any_rate() -> None:
    """A few rows are known by heart in the end, and the rate of the smallest loss is the last one."""
    falls = 1 / (1 + np.exp((np.log10(RATES) + 4) / 0.3))
    found = suggested(RATES, falls, usual=1e-4)
    assert found.lowest == RATES[-1]
    assert 2e-4 < found.suggested < 5e-4


def test_a_loss_that_does_not_fall_suggests_nothing() -> None:
    refused = 0
    for seed in range(100):
        try:
            suggested(RATES, curve(0.0, 0.2, seed), usual=1e-4)
        except RunError as error:
            assert "varies by chance" in str(error)
            refused += 1
    assert refused >= 90
    with pytest.raises(RunError, match="varies by chance"):
        suggested(RATES, np.ones(100), usual=1e-4)
    with pytest.raises(RunError, match="varies by chance"):
        suggested(RATES, np.linspace(1.0, 1.5, 100), usual=1e-4)


def test_the_smoothed_loss_is_a_weighted_mean_from_the_first_step_on() -> None:
    assert smoothed([2.0, 2.0, 2.0]).tolist() == pytest.approx([2.0, 2.0, 2.0])
    assert smoothed([1.0, 3.0])[1] == pytest.approx((0.9 * 1.0 + 3.0) / 1.9)


def test_it_trains_a_network_that_is_thrown_away(tiny_model: Path, small_table: Path) -> None:
    settings = recipe(tiny_model, small_table, "full")
    found = find_rate(settings)
    assert len(found.rates) == len(found.losses) >= 25
    assert np.all(np.diff(found.rates) > 0)
    assert np.isfinite(found.losses).all()
    assert found.rates[20] <= found.suggested < found.lowest
    again = find_rate(settings)
    assert (again.suggested, again.losses) == (found.suggested, found.losses)


def test_one_bad_step_does_not_end_the_search(
    tiny_model: Path, small_table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single losses vary: only a smoothed one tells divergence."""
    told = iter(np.where(np.arange(100) == 40, 0.1, 1.0))

    def step(*_given: Any) -> tuple[float, float]:
        return float(next(told)), 0.0

    monkeypatch.setattr("afina.decide.find_rate.take_step", step)
    monkeypatch.setattr("afina.decide.find_rate.suggested", lambda rates, losses, usual, seconds: len(losses))
    assert find_rate(recipe(tiny_model, small_table, "full")) == 100


def test_a_head_that_is_solved_for_has_no_rate(tiny_model: Path, small_table: Path) -> None:
    with pytest.raises(RecipeError, match="no learning rate to search"):
        find_rate(recipe(tiny_model, small_table, "features"))
