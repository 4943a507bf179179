"""Of the processes that a launcher starts, one answers and one a machine says what all of them find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from afina.cli import main


@pytest.mark.parametrize(
    ("rank", "local_rank", "answers", "speaks"),
    [(0, 0, True, True), (1, 1, False, False), (8, 0, False, True)],
)
def test_who_speaks(
    rank: int,
    local_rank: int,
    answers: bool,
    speaks: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name, value in {"WORLD_SIZE": 16, "RANK": rank, "LOCAL_RANK": local_rank}.items():
        monkeypatch.setenv(name, str(value))
    out = capsys.readouterr
    assert main(["list", "methods", "--json"]) == 0
    assert bool(out().out) == answers
    assert main(["check", str(tmp_path / "nowhere.csv"), "--json"]) == 1
    answer, told = out()
    assert ("nowhere.csv" in told) == speaks
    assert bool(answer) == answers
    if answers:
        assert json.loads(answer)["error"]["exit_code"] == 1
    assert main(["train", "--nonsense"]) == 2
    assert ("--nonsense" in out().err) == speaks


def test_a_number_without_a_launch_means_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RANK", "3")
    assert main(["list", "methods"]) == 0
    assert capsys.readouterr().out
