from __future__ import annotations

import pytest

from afina.train.schedule import factor


def test_rises_then_falls_on_a_line() -> None:
    rates = [factor(step, 20, 0.1, "linear") for step in range(20)]
    assert rates[:3] == [0.5, 1.0, 1.0]
    assert rates[-1] == pytest.approx(1 / 18)
    assert all(a > b for a, b in zip(rates[2:], rates[3:], strict=False))


def test_cosine_is_half_way_in_the_middle() -> None:
    assert factor(50, 100, 0.0, "cosine") == pytest.approx(0.5)
    assert factor(0, 100, 0.0, "cosine") == 1.0


def test_constant_stays_and_no_warmup_is_allowed() -> None:
    assert {factor(step, 10, 0.0, "constant") for step in range(10)} == {1.0}
    assert factor(0, 1, 0.9, "constant") == 1.0
