from __future__ import annotations

import pytest

from afina.cli.summary import table

HEADINGS = (
    "Function",
    "Labels",
    "Coverage",
    "Overlaps",
    "Conflicts",
    "Right",
    "Accuracy (95 %)",
    "Estimated",
)
ROW = ("check_out", "positive", "17.0 %", "14.6 %", "10.3 %", "24/24", "1.00 0.86–1.00", "0.96")


def test_a_table_that_is_too_wide_is_shown_in_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table(HEADINGS, [ROW], right=range(2, 8))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    for cell in (*HEADINGS, *ROW):
        assert cell in shown
    assert shown.count("check_out") == 2


def test_a_table_that_fits_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    table(HEADINGS, [ROW], right=range(2, 8))
    assert len(capsys.readouterr().out.splitlines()) == 2
    monkeypatch.setenv("COLUMNS", "40")
    table((), [("name", "long text " * 9, "x")])
    assert "name" in capsys.readouterr().out.splitlines()[0]
