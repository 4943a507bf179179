"""Recipes tried in processes of Ray: the same numbers as here, whatever becomes of the workers."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray

from afina.decide import on_ray
from afina.decide.attempt import attempt
from afina.decide.ladder import ladder
from afina.decide.on_ray import OnRay
from afina.decide.runner import Runner, runner_of
from afina.decide.sweep import sweep
from afina.errors import InputError, Interrupted, RecipeError, RunError
from afina.recipe.recipe import Recipe
from afina.train.log import Event
from afina.train.stop import Stop
from conftest import small_recipe

#: Seconds that only a worker which never answers takes, also on a machine that does other work.
TIMEOUT = 300


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Ray with two workers on this machine, whatever it has; they see what the tests see."""
    home = tmp_path_factory.mktemp("workers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFINA_HOME", str(home))
        patch.setenv("AFINA_CACHE", str(home / "cache"))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # what waits for workers must not wait for other programs
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patch.setattr(on_ray, "physical_cores", lambda: 2)
        first = OnRay()
        yield
        first.close()
    assert not ray.is_initialized()


@pytest.fixture
def runner(cluster: None) -> Iterator[Runner]:
    """Joins what is there."""
    made = runner_of("ray")
    yield made
    made.close()


def worker_of(folder: Path) -> int:
    """The process that holds the lock of an attempt."""
    for handle in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(handle) == str(folder / ".lock"):
                return int(handle.parts[2])
        except OSError:
            continue
    raise AssertionError("nobody works on it")


def told(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if event["kind"] == kind]


def long(model: Path, table: Path) -> Recipe:
    """A training of some seconds."""
    return small_recipe(model, table, train={"epochs": 20, "learning_rate": 1e-3, "patience": 20})


def test_a_sweep_finds_what_it_finds_here(
    runner: Runner, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    given, over = small_recipe(tiny_model, small_table), {"train.batch": [8, 16, 32]}
    here = sweep(given, over, trials=9, prune="none", out=tmp_path / "here").report
    there = sweep(given, over, trials=9, prune="none", out=tmp_path / "there", runner=runner).report
    assert (here["workers"], there["workers"]) == (1, 2)

    def ranked(report: dict[str, Any]) -> list[tuple[Any, ...]]:
        rows = [(t["score"], json.dumps(t["settings"]), t["evaluations"], t["dev"]) for t in report["trials"]]
        return sorted(rows, key=lambda row: row[:2])

    assert len(here["trials"]) == 3
    assert ranked(there) == ranked(here)
    assert there["test"] == here["test"]


def test_a_ladder_tells_what_it_tells_here(
    runner: Runner, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    given = small_recipe(
        tiny_model, small_table, data={"path": str(small_table), "split": {"dev": 0.4, "test": 0.2}},
        train={"epochs": 2, "learning_rate": 3e-3},
    )  # fmt: skip
    here = ladder(given, out=tmp_path / "here").told
    there = ladder(given, out=tmp_path / "there", runner=runner).told
    assert (here["workers"], there["workers"]) == (1, 2)
    for kept in ("choice", "best", "reason", "test"):
        assert there[kept] == here[kept]

    def tried(report: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [(r["name"], r["metrics"], (r["left_out"] or {}).get("code")) for r in report["rungs"]]

    assert tried(there) == tried(here)
    # What had begun when a rule left it out is given up, and nothing of it is kept.
    left = [name for name, _metrics, code in tried(there) if code == "cannot_repay"]
    assert left == ["lora", "full"]
    assert (tmp_path / "there" / "lora" / "events.jsonl").exists()
    assert not [name for name in left if (tmp_path / "there" / name / "checkpoints").exists()]


def test_one_that_is_given_up_ends_and_can_go_on(
    runner: Runner, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    given, stop = long(tiny_model, small_table), Stop()

    def listen(event: Event) -> None:
        if event.kind == "evaluation":
            stop.request()

    with pytest.raises(Interrupted):
        runner.submit(given, tmp_path / "tried", listen=listen, stop=stop).result(timeout=TIMEOUT)
    assert told(tmp_path / "tried", "progress")[-1]["step"] < told(tmp_path / "tried", "progress")[0]["steps"]
    assert not (tmp_path / "tried" / on_ray.GIVE_UP).exists()
    # More memory than any machine has is not waited for.
    assert runner.submit(given, tmp_path / "tried", memory=1 << 60).result(timeout=TIMEOUT).value > 0


def test_what_is_refused_comes_back_whole(
    runner: Runner, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    given = small_recipe(tiny_model, small_table, adapt={"kind": "top_blocks", "blocks": 9})
    there = runner.submit(given, tmp_path / "there").exception(timeout=TIMEOUT)
    with pytest.raises(RecipeError, match="3 blocks") as here:
        attempt(given, tmp_path / "here")
    assert isinstance(there, RecipeError)
    assert there.problems == here.value.problems


def test_a_listener_that_fails_is_heard(
    runner: Runner, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    def listen(event: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        runner.submit(small_recipe(tiny_model, small_table), tmp_path / "tried", listen=listen).result(
            timeout=TIMEOUT
        )


class Killer:
    """Kills the worker of an attempt once there is a checkpoint to go on from."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.killed = folder, 0

    def __call__(self, event: Event) -> None:
        if event.kind == "checkpoint" and not self.killed:
            self.killed = worker_of(self.folder)
            os.kill(self.killed, signal.SIGKILL)


def test_a_lost_worker_is_replaced_and_the_numbers_are_the_same(
    runner: Runner, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    given, folder = long(tiny_model, small_table), tmp_path / "lost"
    lost = runner.submit(given, folder, listen=Killer(folder)).result(timeout=TIMEOUT)
    (again,) = told(folder, "resumed")
    assert again["step"] > 0
    whole = attempt(given, tmp_path / "whole")
    assert np.array_equal(lost.answered, whole.answered)
    assert lost.value == whole.value


def test_one_whose_workers_are_all_lost_fails(
    cluster: None, tiny_model: Path, small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "RETRIES", 0)
    runner, folder = OnRay(), tmp_path / "lost"
    lost = runner.submit(long(tiny_model, small_table), folder, listen=Killer(folder))
    with pytest.raises(RunError, match="a worker of Ray was lost"):
        lost.result(timeout=TIMEOUT)
    runner.close()


@pytest.mark.parametrize("address", ["ray://127.0.0.1:{port}", "ray://", "ray://127.0.0.1:what"])
def test_a_cluster_that_cannot_be_reached_is_told(address: str) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(InputError, match="--on: Ray cannot be reached"):
            runner_of(address.format(port=taken.getsockname()[1]))
