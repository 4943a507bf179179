"""``afina train`` in two processes: one report, a killed process ends the run, and the run resumes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file

from afina.recipe.recipe import Recipe
from afina.run import run

LAUNCH = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]


@pytest.fixture
def recipe(tiny_model: Path, small_table: Path) -> Recipe:
    return Recipe.of(
        {
            "data": str(small_table),
            "model": str(tiny_model),
            "train": {"epochs": 4, "learning_rate": 2e-3, "save_every": 1, "patience": 100},
            "evaluate": {"resamples": 100, "baselines": ["majority"], "label_errors": 0},
        }
    )


def launched(recipe: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    command = [*LAUNCH, "afina", "train", str(recipe), "--out", str(out), "--json", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def of_rank(rank: int, launcher: int) -> psutil.Process:
    children = psutil.Process(launcher).children()
    return next(child for child in children if child.environ().get("RANK") == str(rank))


def test_a_killed_process_ends_the_run_which_resumes(recipe: Recipe, tmp_path: Path) -> None:
    settings, out = tmp_path / "recipe.json", tmp_path / "two"
    settings.write_text(json.dumps(recipe.plain()), encoding="utf-8")
    launcher = launched(settings, out)
    limit = time.monotonic() + 200
    while max([0, *(int(p.name[-8:]) for p in (out / "checkpoints").glob("step-????????"))]) < 3:
        assert launcher.poll() is None, launcher.communicate()[1][-3000:]
        assert time.monotonic() < limit
        time.sleep(0.02)
    workers = [of_rank(rank, launcher.pid) for rank in (0, 1)]
    workers[1].kill()
    answer, told = launcher.communicate(timeout=120)  # nobody waits for the one that is gone
    assert launcher.returncode != 0
    assert not any(worker.is_running() for worker in workers)
    assert told.count("another process of this run has ended") == 1
    assert json.loads(answer)["error"]["exit_code"] == 3
    assert not (out / "report.json").exists()

    again = launched(settings, out, "--resume")
    answer, told = again.communicate(timeout=300)
    assert again.returncode == 0, told[-3000:]
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    # One JSON value on standard output, from the main process; the other one is silent.
    assert json.loads(answer) == {"run": str(out), "report": report}
    assert report["processes"] == 2
    events = [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["kind"] for event in events].count("done") == 1
    assert [event["kind"] for event in events].count("resumed") == 1

    alone = run(recipe, out=tmp_path / "one")
    expected = alone.report
    assert expected["processes"] == 1
    assert report["best_step"] == expected["best_step"]
    for entry, wanted in zip(report["curves"], expected["curves"], strict=True):
        assert entry == pytest.approx(wanted, rel=1e-4)
    for name in ("model.safetensors", "head.safetensors"):
        got, weights = load_file(out / "model" / name), load_file(alone.run / "model" / name)
        for key in weights:
            torch.testing.assert_close(got[key], weights[key], rtol=1e-4, atol=1e-5)
