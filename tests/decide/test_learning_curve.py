"""What more rows would bring: the power law and its interval."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from afina.decide.learning_curve import fitted, learning_curve
from afina.evaluate.metrics import metrics_of
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe

SIZES = [25, 50, 100, 200, 400]
ACCURACY = metrics_of(["accuracy"], multi_label=False)["accuracy"]
ERROR = metrics_of(["rmse"], multi_label=False)["rmse"]


def law(a: float, b: float, c: float) -> np.ndarray:
    return a - b * np.array(SIZES, dtype=float) ** -c


def noisy(values: np.ndarray, spread: float) -> np.ndarray:
    return values[:, None] + np.random.default_rng(0).normal(0, spread, (len(values), 300))


def test_a_power_law_is_found_again() -> None:
    true = law(0.9, 2.0, 0.5)
    found = fitted(SIZES, true, noisy(true, 0.002), ACCURACY, 0.01)
    expected = (0.9 - 2 * 800**-0.5) - true[-1]
    assert found.gain.value == pytest.approx(expected, abs=0.003)
    assert found.gain.low < expected < found.gain.high
    assert found.at(400) == pytest.approx(true[-1], abs=0.003)
    # 0.9 - 2 n^-0.5 is 0.81 at about 494 rows.
    assert found.rows_needed == pytest.approx(494, rel=0.1)


def test_of_an_error_less_is_better() -> None:
    true = law(0.5, -3.0, 0.6)
    found = fitted(SIZES, true, noisy(true, 0.002), ERROR, 0.01)
    assert found.gain.value > 0
    assert found.doubled.value < true[-1]


def test_what_does_not_rise_gains_nothing() -> None:
    flat = np.full(len(SIZES), 0.7)
    found = fitted(SIZES, flat, noisy(flat, 0.01), ACCURACY, 0.01)
    assert found.gain.value == pytest.approx(0, abs=1e-6)
    assert found.gain.low <= 0.0 < found.gain.high
    assert found.rows_needed is None


def test_nothing_is_foretold_above_the_best_value() -> None:
    rising = np.array([0.5, 0.7, 0.85, 0.95, 1.0])
    found = fitted(SIZES, rising, noisy(rising, 0.01), ACCURACY, 0.01)
    assert found.doubled.value <= 1
    assert found.doubled.high <= 1


def prepared(model: Path, table: Path, **more: object) -> Prepared:
    return Prepared(Recipe.of({"data": {"path": str(table)}, "model": str(model), **more}))


def test_on_rows_it_ends_with_the_head_on_all_of_them(tiny_model: Path, small_table: Path) -> None:
    data = prepared(tiny_model, small_table)
    found = learning_curve(data)
    assert found is not None
    rows = len(data.dataset.splits.train)
    assert found.sizes[-1] == rows
    assert list(found.sizes) == sorted(found.sizes)
    assert found.measured[0].value < found.measured[-1].value
    again = learning_curve(prepared(tiny_model, small_table))
    assert again is not None
    assert again.plain() == found.plain()


def test_a_model_that_writes_has_none(talker: Path, tmp_path: Path) -> None:
    lines = "\n".join(f'{{"prompt": "say {n}", "response": "word {n}"}}' for n in range(60))
    (tmp_path / "talks.jsonl").write_text(lines + "\n", encoding="utf-8")
    assert learning_curve(prepared(talker, tmp_path / "talks.jsonl", task="generate")) is None
