"""Numbers as each language writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from afina import language
from afina.evaluate import words

GAP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "digits", "english", "spanish"),
    [
        (0.7339, 3, "0.734", "0,734"),
        (1234, 0, "1,234", "1234"),
        (12345.678, 2, "12,345.68", "12.345,68"),
        (22_714_371, 0, "22,714,371", "22.714.371"),
        (-0.0412, 3, "−0.041", "−0,041"),
        (-0.0001, 3, "0.000", "0,000"),
        (None, 3, "–", "–"),
        (float("nan"), 3, "–", "–"),
        (float("inf"), 0, "–", "–"),
    ],
)
def test_numbers(value: float | None, digits: int, english: str, spanish: str) -> None:
    assert words.number(value, digits) == english
    with language.speaking("es"):
        assert words.number(value, digits) == spanish


@pytest.mark.parametrize(
    ("value", "text"), [(0.041, "+0.041"), (-0.041, "−0.041"), (0.0, "0.000"), (0.0001, "0.000"), (None, "–")]
)
def test_differences_carry_their_sign(value: float | None, text: str) -> None:
    assert words.signed(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.004, "< 0.1 s"), (0.21, "0.2 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"),
        (59.7, "1 min 00 s"), (125, "2 min 05 s"), (3599.7, "1 h 00 min"), (4320, "1 h 12 min"),
        (None, "–"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text.replace(" ", GAP)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"), (96, "96 B"), (999, "999 B"), (1000, "1.0 kB"), (426_000, "426 kB"), (999_600, "1.0 MB"),
        (91_200_000, "91.2 MB"), (1_312_000_000, "1.3 GB"), (5e15, "5,000 TB"), (None, "–"),
    ],
)  # fmt: skip
def test_sizes(count: float | None, text: str) -> None:
    assert words.size(count) == text.replace(" ", GAP)


@pytest.mark.parametrize(
    ("value", "alone", "told"),
    [
        (0.0123, "0.012", "p = 0.012"),
        (0.0005, "< 0.001", "p < 0.001"),
        (0.001, "0.001", "p = 0.001"),
        (None, "–", "p = –"),
    ],
)
def test_p_values_are_never_nought(value: float | None, alone: str, told: str) -> None:
    assert words.p_value(value) == alone.replace(" ", GAP)
    assert words.p_told(value) == told.replace(" ", GAP)


def test_shares_and_intervals() -> None:
    assert words.share(0.0313, 1) == f"3.1{GAP}%"
    assert words.between({"low": -0.01, "high": 0.02}, sign=True) == "−0.010 to +0.020"


def test_every_method_metric_and_baseline_has_a_name() -> None:
    """A kind that a person meets in a report is never shown as its identifier."""
    from afina.adapt import METHODS
    from afina.evaluate.baselines import BASELINES
    from afina.evaluate.metrics import METRICS

    assert [kind for kind in METRICS if words.metric_name(kind) == kind] == []
    assert [kind for kind in (*METHODS, *BASELINES) if words.candidate_name(kind) == kind] == []


def test_every_stage_of_a_run_has_a_name() -> None:
    import re

    source = (Path(words.__file__).parents[1] / "run.py").read_text(encoding="utf-8")
    stages = set(re.findall(r"stage\(\"(\w+)\"\)", source))
    assert stages
    assert {kind for kind in stages if words.stage_name(kind) == kind} == set()
