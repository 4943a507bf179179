"""Recipes tried on development rows, and the one of them that becomes a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from afina.decide.attempt import Attempt, attempt, forget
from afina.errors import Interrupted
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.run import run
from afina.runs import index
from afina.train.log import Event
from afina.train.stop import Stop


def recipe(model: Path, table: Path, **more: Any) -> Recipe:
    return Recipe.of(
        {
            "data": str(table), "model": str(model), "evaluate": {"resamples": 200},
            "train": {"epochs": 4, "learning_rate": 3e-3}, **more,
        }
    )  # fmt: skip


def learnt(folder: Path) -> dict[str, Any]:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {name: report[name] for name in ("dev", "test", "curves", "best_step", "verdict")}


@pytest.mark.parametrize("adapt", ["full", "features", "lora"])
def test_an_attempt_becomes_the_run_that_would_have_been(
    adapt: str, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    settings = recipe(tiny_model, small_table, adapt=adapt)
    events: list[Event] = []
    tried = attempt(settings, tmp_path / "tried", at_work=True, listen=events.append)
    assert tried.way == adapt
    assert 0 < tried.value <= 1
    assert tried.answered.shape == tried.truth.shape
    assert tried.milliseconds_per_row is not None
    assert tried.milliseconds_per_row > 0
    assert not (tmp_path / "tried" / "report.json").exists()

    again: list[Event] = []
    finished = run(settings, out=tmp_path / "tried", resume=True, listen=again.append)
    assert not [event for event in again if event.kind == "progress"], "it was trained twice"
    assert finished.report["dev"]["macro_f1"]["value"] == tried.value
    run(settings, out=tmp_path / "run")
    assert learnt(tmp_path / "tried") == learnt(tmp_path / "run")


def test_the_test_rows_are_not_answered(
    tiny_model: Path, small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    outputs = Prepared.outputs
    monkeypatch.setattr(
        Prepared, "outputs", lambda self, answered: (asked.append(len(answered)), outputs(self, answered))[1]
    )
    settings = recipe(
        tiny_model, small_table, data={"path": str(small_table), "split": {"dev": 0.2, "test": 0.1}}
    )
    tried = attempt(settings, tmp_path / "tried")
    assert set(asked) == {len(tried.truth)}


def test_one_that_is_given_up_is_continued_with_the_same_bits(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    settings, stop = recipe(tiny_model, small_table), Stop()

    def after_two(event: Event) -> None:
        if event.kind == "evaluation" and event.data["epoch"] >= 2:
            stop.request()

    with pytest.raises(Interrupted):
        attempt(settings, tmp_path / "given-up", listen=after_two, stop=stop)
    continued = attempt(settings, tmp_path / "given-up")
    whole: Attempt = attempt(settings, tmp_path / "whole")
    assert np.array_equal(continued.answered, whole.answered)


def test_it_is_listed_as_tried_and_forgets_its_checkpoints(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    tried = attempt(recipe(tiny_model, small_table), tmp_path / "tried")
    assert [row["state"] for row in index.rows()] == ["tried"]
    assert any((tried.folder / "checkpoints").iterdir())
    forget(tried.folder)
    assert not (tried.folder / "checkpoints").exists()
