"""Many recipes tried, the best one made a run; interrupted and resumed too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

import afina
from afina.decide.attempt import Attempt
from afina.decide.runner import Here
from afina.decide.sweep import sweep
from afina.errors import RecipeError, RunError, StoreError
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.train.log import Event
from browser import chromium, opened
from conftest import small_recipe

OVER = {"train.learning_rate": (1e-4, 3e-2), "train.batch": [8, 16, 32]}


def found(folder: Path) -> list[tuple[Any, ...]]:
    told = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
    return [(t["number"], t["settings"], t["state"], t["score"]) for t in told["trials"]]


class Counting(Here):
    """Remembers what it was given, and can fail."""

    def __init__(self, fails: int | None = None) -> None:
        self.given: list[Path] = []
        self.fails = fails

    def submit(self, recipe: Recipe, folder: Path, **more: Any) -> Future[Attempt]:
        self.given.append(folder)
        if len(self.given) - 1 == self.fails:
            future: Future[Attempt] = Future()
            future.set_exception(RunError("the loss of step 3 is nan"))
            return future
        return super().submit(recipe, folder, **more)


def test_the_best_recipe_becomes_a_run(
    tiny_model: Path, small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Counting(fails=2)
    answered: list[tuple[int, int]] = []
    outputs = Prepared.outputs
    monkeypatch.setattr(
        Prepared,
        "outputs",
        lambda self, said: (answered.append((len(said), len(runner.given))), outputs(self, said))[1],
    )
    given = small_recipe(tiny_model, small_table)
    swept = sweep(given, OVER, trials=7, runner=runner, out=tmp_path / "swept")
    report = swept.report
    assert [trial["number"] for trial in report["trials"]] == list(range(7))
    assert report["trials"][2]["state"] == "failed"
    assert "nan" in report["trials"][2]["problem"]
    done = {t["number"]: t["score"] for t in report["trials"] if t["state"] == "done"}
    assert report["best"] == max(done, key=lambda number: done[number])
    assert report["chance"]["recipes"] == len(done)
    # It is the run that its recipe gives, with the test metric that the sweep tells.
    assert swept.run == tmp_path / "swept" / f"trial-{report['best']:03d}"
    own = json.loads((swept.run / "report.json").read_text())
    assert own["test"]["macro_f1"]["value"] == pytest.approx(report["test"]["best"]["value"])
    assert own["dev"]["macro_f1"]["value"] == pytest.approx(done[report["best"]])
    assert own["recipe"]["train"]["batch"] == report["trials"][report["best"]]["settings"]["train.batch"]
    # The test rows (48) are answered by the best recipe and the given one, once everything is chosen.
    assert {tried for rows, tried in answered if rows == 48} == {7}
    assert not list((tmp_path / "swept").glob("trial-*/checkpoints"))
    # Asked for again, nothing is done again.
    again = sweep(given, OVER, trials=7, runner=runner, out=tmp_path / "swept", resume=True)
    assert again.report == report
    assert len(runner.given) == 7
    with pytest.raises(StoreError, match="not empty"):
        sweep(given, OVER, trials=7, out=tmp_path / "swept")
    with pytest.raises(StoreError, match="no sweep with these settings"):
        sweep(given, {"train.batch": [8, 16]}, trials=7, out=tmp_path / "swept", resume=True)


def test_a_small_space_is_tried_whole_and_once(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    given = small_recipe(tiny_model, small_table, adapt="features")
    swept = sweep(given, {"adapt.c": [[0.001], [0.1], [10.0]]}, trials=9, out=tmp_path / "swept")
    assert len(swept.report["trials"]) == 4, "three and the given one, which is none of them"
    assert [t["settings"]["adapt.c"] for t in swept.report["trials"][1:]] != [[0.001]] * 3


def test_recipes_that_fall_behind_are_given_up(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    given = small_recipe(tiny_model, small_table, train={"epochs": 4, "learning_rate": 1e-2})
    swept = sweep(given, {"train.learning_rate": (1e-7, 3e-2)}, trials=10, out=tmp_path / "swept")
    ended = [trial for trial in swept.report["trials"] if trial["state"] == "given_up"]
    assert ended, "nothing was given up"
    for trial in ended:
        assert trial["score"] is None
        assert max(map(int, trial["evaluations"])) < 8, "it was trained to its end"
    plain = sweep(
        given, {"train.learning_rate": (1e-7, 3e-2)}, trials=10, prune="none", out=tmp_path / "plain"
    )
    assert {trial["state"] for trial in plain.report["trials"]} == {"done"}


def test_killed_and_resumed_it_finds_the_same(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    given = small_recipe(tiny_model, small_table)
    sweep(given, OVER, trials=6, out=tmp_path / "whole")
    settings = tmp_path / "recipe.json"
    settings.write_text(json.dumps(given.plain()))
    code = (
        "import json, os, signal, sys; from pathlib import Path\n"
        "from afina.decide.sweep import sweep; from afina.recipe.recipe import Recipe\n"
        "told = []\n"
        "def listen(event):\n"
        "    told.append(event.data.get('text', ''))\n"
        "    if event.kind == 'progress' and event.data['step'] == 20 and 'Recipe 4 of' in ''.join(told):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "recipe = Recipe.of(json.loads(Path(sys.argv[1]).read_text()))\n"
        f"over = {OVER!r}\n"
        "sweep(recipe, over, trials=6, out=Path(sys.argv[2]), listen=listen)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, settings, tmp_path / "killed"], check=False)
    assert killed.returncode == -signal.SIGKILL
    told: list[Event] = []
    sweep(given, OVER, trials=6, out=tmp_path / "killed", resume=True, listen=told.append)
    assert sum("Recipe" in event.data.get("text", "") for event in told) == 3, "what was done is done again"
    assert found(tmp_path / "killed") == found(tmp_path / "whole")


def test_a_given_recipe_that_is_wrong_ends_the_sweep(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    given = small_recipe(tiny_model, small_table, adapt={"kind": "top_blocks", "blocks": 9})
    with pytest.raises(RecipeError, match="3 blocks"):
        sweep(given, {"train.epochs": [1, 2]}, out=tmp_path / "swept")


def test_one_that_does_not_fit_the_model_fails_by_itself(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    given = small_recipe(tiny_model, small_table, adapt="top_blocks")
    swept = sweep(given, {"adapt.blocks": [1, 9]}, out=tmp_path / "swept")
    assert {t["settings"]["adapt.blocks"]: t["state"] for t in swept.report["trials"]}[9] == "failed"


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with chromium() as running:
        yield running


@pytest.mark.browser
def test_the_page_opens_alone_and_fits(
    browser: object, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    swept = afina.sweep(
        small_recipe(tiny_model, small_table).plain(),
        over=OVER,
        trials=4,
        prune="none",
        out=tmp_path / "swept",
    )
    page = swept.folder / "sweep.html"
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert swept.report["headline"] in html
    for width in (1280, 360):
        with opened(browser, page, width=width) as shown:
            assert shown.requests == [page.as_uri()]
            assert not shown.complaints
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_command(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "afina", "sweep", small_table, "--model", tiny_model, "--adapt", "features",
        "--over", "adapt.c=[0.001],[0.1]", "--set", "evaluate.resamples=100", "--out", tmp_path / "swept",
    ]  # fmt: skip
    environment = {**os.environ, "AFINA_LANG": "en"}
    ran = subprocess.run([*command, "--json"], capture_output=True, text=True, env=environment, check=True)
    told = json.loads(ran.stdout)
    assert told.keys() == {"sweep", "run", "report"}
    shown = subprocess.run(
        [*command, "--resume"], capture_output=True, text=True, env=environment, check=True
    )
    assert "adapt.c" in shown.stdout
    assert told["report"]["headline"] in shown.stdout
    wrong = subprocess.run(
        [*command, "--on", "mars"], capture_output=True, text=True, env=environment, check=False
    )
    assert wrong.returncode == 1
    assert "there is no place" in wrong.stderr
