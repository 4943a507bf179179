"""Two processes train as one does: the same losses, decisions and weights, to rounding."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import processes
import pytest
import torch
from processes import CASES, Case
from safetensors.torch import load_file

from afina.errors import RunError
from afina.train.runtime import Runtime
from afina.train.shares import divided, paced

Outcome = tuple[dict[str, Any], dict[str, torch.Tensor]]


def trained_alone(model: Path, case: Case, folder: Path) -> Outcome:
    """The same in this process; what a launcher's configuration asks for means nothing to one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ACCELERATE_USE_FSDP", raising=False)
        return processes.trained(model, case, folder)


@pytest.fixture(scope="module")
def home(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes have trained every case; some continue what this one process has left."""
    folder = tmp_path_factory.mktemp("processes")
    for name in ("resumed from one", "sharded and resumed from one"):
        told, _weights = trained_alone(tiny_model, Case(stopped_by=0), folder / name)
        assert "stopped at step 3 of 10" in told["error"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, processes.__file__, str(tiny_model), str(folder)],
        capture_output=True,
        text=True,
        # The package as this process has it, and the tests.
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(Path(processes.__file__).parents[1]), *sys.path]),
        },
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return folder


@pytest.fixture(scope="module")
def alone(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What one process makes of a case that nothing happens to."""

    @cache
    def train(case: Case) -> tuple[Path, Outcome]:
        folder = tmp_path_factory.mktemp("alone")
        return folder, trained_alone(tiny_model, case, folder)

    return lambda case: train(Case(case.adapt, case.objective, case.clip))


def outcomes(home: Path, name: str) -> list[Outcome]:
    """Of both processes."""
    return [
        (
            json.loads((home / f"{name}-{rank}.json").read_text(encoding="utf-8")),
            load_file(home / f"{name}-{rank}.safetensors"),
        )
        for rank in (0, 1)
    ]


def assert_close(got: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert got.keys() == expected.keys()
    for name in got:
        # A fortieth of what one step moves a weight: AdamW makes small gradients large, with their rounding.
        torch.testing.assert_close(got[name], expected[name], rtol=1e-5, atol=5e-5)


FINISHED = [name for name, case in CASES.items() if case.stopped_by is None and case.broken is None]


@pytest.mark.parametrize("name", FINISHED)
def test_losses_decisions_and_weights_are_those_of_one_process(home: Path, alone: Any, name: str) -> None:
    case = CASES[name]
    _folder, (expected, weights) = alone(case)
    (told, got), _other = outcomes(home, name)
    assert "error" not in told
    steps = 7 if case.resume else 10  # stopped after the third
    assert len(told["losses"]) == steps
    np.testing.assert_allclose(told["losses"], expected["losses"][-steps:], rtol=1e-5)
    assert told["best_step"] == expected["best_step"]
    assert len(told["history"]) == len(expected["history"])
    for entry, wanted in zip(told["history"], expected["history"], strict=True):
        assert entry.keys() == wanted.keys()
        known = {name: value for name, value in wanted.items() if value is not None}
        assert {name: entry[name] for name in known} == pytest.approx(known, rel=1e-5)
    np.testing.assert_allclose(told["dev_scores"], expected["dev_scores"], rtol=1e-4, atol=1e-5)
    assert_close(got, weights)


@pytest.mark.parametrize("name", [name for name in FINISHED if not CASES[name].resume])
def test_gradients_are_those_of_one_process(home: Path, alone: Any, name: str) -> None:
    # AdamW hides a factor common to all gradients; their running means in a checkpoint do not.
    case = CASES[name]
    folder, _outcome = alone(case)
    got, expected = (
        torch.cat([moment.flatten() for key, moment in sorted(moments(at).items())])
        for at in (home / name, folder)
    )
    assert (got - expected).norm() <= 1e-5 * expected.norm()


def moments(folder: Path) -> dict[str, torch.Tensor]:
    """The running means of the gradients in the last checkpoint."""
    loaded = load_file(folder / "step-00000010" / "optimizer.safetensors")
    return {key: moment for key, moment in loaded.items() if key.endswith("/exp_avg")}


@pytest.mark.parametrize("name", list(CASES))
def test_both_processes_hold_the_same_bits(home: Path, name: str) -> None:
    (told, weights), (other_told, other_weights) = outcomes(home, name)
    assert told == other_told
    assert all(torch.equal(weights[key], other_weights[key]) for key in weights)


def test_stopped_and_resumed_gives_the_same_bits(home: Path) -> None:
    (told, weights), _ = outcomes(home, "resumed")
    (expected, expected_weights), _ = outcomes(home, "full")
    assert told["history"] == expected["history"]
    assert all(torch.equal(weights[key], expected_weights[key]) for key in weights)


@pytest.mark.parametrize("name", ["stopped", "sharded and stopped"])
def test_one_process_that_is_asked_to_stop_stops_both(home: Path, name: str) -> None:
    told = [told for told, _weights in outcomes(home, name)]
    assert [len(each["losses"]) for each in told] == [3, 3]
    assert all("stopped at step 3 of 10; everything is saved" in each["error"] for each in told)


@pytest.mark.parametrize("name", ["stopped for one", "sharded and stopped"])
def test_one_process_continues_what_two_have_left(
    home: Path, alone: Any, tiny_model: Path, name: str
) -> None:
    told, weights = trained_alone(tiny_model, Case("lora", resume=True), home / name)
    _folder, (expected, expected_weights) = alone(Case("lora"))
    assert len(told["losses"]) == 7
    np.testing.assert_allclose(told["losses"], expected["losses"][3:], rtol=1e-5)
    assert_close(weights, expected_weights)


def test_a_loss_that_is_not_finite_stops_both_and_names_the_row(home: Path) -> None:
    for told, weights in outcomes(home, "broken"):
        assert "the loss of step" in told["error"]
        assert "t.csv:22" in told["error"]  # row 20, after the heading
        assert all(torch.isfinite(value).all() for value in weights.values())


def test_rows_are_divided_evenly_and_every_process_has_as_many_pieces() -> None:
    draw = np.random.default_rng(0)
    for processes_ in (1, 2, 3, 8):
        lengths = draw.integers(1, 60, size=40).tolist()
        shares = divided(range(40), lengths, processes_)
        assert sorted(number for share in shares for number in share) == list(range(40))
        loads = [sum(lengths[number] for number in share) for share in shares]
        # The bound of longest-first scheduling: no share exceeds the others by more than its last row.
        assert max(loads) - min(loads) <= max(lengths)
    assert divided([5], [1] * 6, 3) == [[5], [], []]
    work = paced([["a", "b", "c"], ["d"], []])
    assert work[0] == [("a", 1.0), ("b", 1.0), ("c", 1.0)]
    assert work[1] == [("d", 1.0), ("c", 0.0), ("c", 0.0)]
    assert work[2] == [("c", 0.0)] * 3
    assert paced([[], []]) == [[], []]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"ACCELERATE_USE_DEEPSPEED": "true"}, "DeepSpeed is not possible"),
        ({"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "1"}, "second version only"),
    ],
)
def test_launches_that_cannot_work_are_refused(
    settings: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RunError, match=told):
        Runtime()


def test_the_cases_are_of_all_kinds() -> None:
    fields = {field.name for field in dataclasses.fields(Case)}
    assert all(len({getattr(case, name) for case in CASES.values()}) > 1 for name in fields)
