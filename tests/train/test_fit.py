"""The loop: what it promises, on a network small enough to run in a second."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from afina.adapt import METHODS
from afina.data.example import LabelledText, Where
from afina.data.row import Row, Tools
from afina.errors import CheckpointError, Interrupted, RunError
from afina.evaluate.metrics import METRICS
from afina.models.load import Model, load
from afina.models.network import PooledNetwork
from afina.objectives.cross_entropy import CrossEntropy
from afina.train.checkpoint import Checkpoints
from afina.train.fit import Feed, Fitted, Job, Plan, Train, fit, scores
from afina.train.log import Event
from afina.train.prefix_cache import PrefixCache
from afina.train.runtime import Runtime
from afina.train.stop import Stop
from conftest import sentences

LABELS = ("negative", "neutral", "positive")


def feed(tools: Tools, count: int, seed: int) -> Feed:
    rows = [
        CrossEntropy().encode(LabelledText(where=Where("t", n), text=text, target={label: 1.0}), tools)
        for n, (text, label) in enumerate(sentences(count, seed))
    ]
    return Feed(rows, [f"t.csv:{n + 2}" for n in range(count)])


def make(
    folder: Path, *, adapt: str = "full", cached: bool = False, seed: int = 0, **settings: object
) -> Job:
    loaded = load(Model(name=str(folder)))
    tools = Tools(loaded.tokenizer, LABELS, 32)
    torch.manual_seed(seed)
    network = PooledNetwork(loaded.trunk, "mean", loaded.width, 3, 0.1)
    method = METHODS.make({"kind": "features", "head": "trained"} if adapt == "features" else adapt)
    adapted = method.apply(network)
    train, dev = feed(tools, 90, 1), feed(tools, 40, 2)
    runtime, objective = Runtime(), CrossEntropy()
    if cached:
        cache = PrefixCache(folder.parent / "states", 10**9, pytest.fail)
        known = cache.pooled(network, [*train.rows, *dev.rows], objective, tools, runtime)
        train, dev = (Feed(f.rows, f.places, features=known.of(f.rows)) for f in (train, dev))
    truth = np.array([row.target for row in dev.rows])

    def measure(answered: np.ndarray) -> float:
        return float(METRICS["macro_f1"]()(truth, answered))

    chosen = Train.of({"batch": 8, "epochs": 3, "learning_rate": 2e-3, **settings})
    plan = Plan.of(chosen, objective, method, train, seed)
    return Job(adapted, objective, tools, train, dev, measure, chosen, plan, seed, runtime)


def weights(job: Job) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in job.adapted.network.state_dict().items()}


def trained(job: Job, folder: Path, **how: object) -> Fitted:
    return fit(job, Checkpoints(folder, "id", print), **{"resume": False, **how})  # type: ignore[arg-type]


def assert_equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> None:
    assert a.keys() == b.keys()
    different = [name for name in a if not torch.equal(a[name], b[name])]
    assert different == []


def test_learns_and_keeps_the_weights_that_did_best_on_dev(tiny_model: Path, tmp_path: Path) -> None:
    job = make(tiny_model, epochs=8)
    fitted = trained(job, tmp_path / "c")
    history = fitted.progress.history
    assert history[-1]["train_loss"] < 0.7 * history[0]["train_loss"]
    assert fitted.progress.best_value == max(entry["dev_metric"] for entry in history)
    answered, loss = scores(job, job.dev)
    assert job.measure(answered) == fitted.progress.best_value
    assert loss == pytest.approx(fitted.progress.best_loss, rel=1e-6)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(tiny_model: Path, tmp_path: Path) -> None:
    runs = []
    for number, seed in enumerate((0, 0, 1)):
        torch.rand(number)  # what happened before must not matter
        job = make(tiny_model, seed=seed, epochs=1)
        trained(job, tmp_path / str(number))
        runs.append(weights(job))
    assert_equal(runs[0], runs[1])
    assert not torch.equal(runs[0]["head.weight"], runs[2]["head.weight"])


def test_listening_evaluating_and_saving_change_no_bit(tiny_model: Path, tmp_path: Path) -> None:
    plain = make(tiny_model, evaluate_every=1000)
    trained(plain, tmp_path / "a")
    busy = make(tiny_model, evaluate_every=1000, save_every=1)
    trained(busy, tmp_path / "b", listen=lambda event: torch.rand(3))
    assert_equal(weights(plain), weights(busy))


@pytest.mark.parametrize(
    ("adapt", "at"),
    [("full", 1), ("full", 5), ("full", 6), ("full", 12), ("full", 20), ("full", 35), ("gradual", 18)],
)
def test_stopped_anywhere_and_resumed_gives_the_same_bits(
    tiny_model: Path, tmp_path: Path, adapt: str, at: int
) -> None:
    whole = make(tiny_model, adapt=adapt, save_every=7)
    expected = trained(whole, tmp_path / "whole")

    stop = Stop()

    def listen(event: Event) -> None:
        if event.kind == "progress" and event.data["step"] == at:
            stop.request()

    with pytest.raises(Interrupted, match=f"stopped at step {at} of 36"):
        trained(make(tiny_model, adapt=adapt, save_every=7), tmp_path / "cut", listen=listen, stop=stop)
    again = make(tiny_model, adapt=adapt, save_every=7)
    got = trained(again, tmp_path / "cut", resume=True)
    assert_equal(weights(whole), weights(again))
    assert got.progress == expected.progress


def test_resuming_a_finished_training_changes_nothing(tiny_model: Path, tmp_path: Path) -> None:
    job = make(tiny_model, epochs=1)
    expected = trained(job, tmp_path / "c")
    again = make(tiny_model, epochs=1)
    events: list[Event] = []
    got = trained(again, tmp_path / "c", resume=True, listen=events.append)
    assert_equal(weights(job), weights(again))
    assert got.progress == expected.progress
    assert [event.kind for event in events] == ["resumed"]


def test_a_micro_batch_split_changes_rounding_only(tiny_model: Path, tmp_path: Path) -> None:
    # Dropout draws differ between cuts, so it is off here.
    jobs = []
    for number, tokens in enumerate((4096, 40)):
        job = make(tiny_model, micro_tokens=tokens, epochs=1)
        for module in job.adapted.network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        trained(job, tmp_path / str(number))
        jobs.append(weights(job))
    for name in jobs[0]:
        torch.testing.assert_close(jobs[0][name], jobs[1][name], rtol=1e-3, atol=2e-5)


def test_features_kept_or_computed_anew_are_the_same_training(tiny_model: Path, tmp_path: Path) -> None:
    # Without dropout above the trunk, and with all rows in every step, so that both see the same batches.
    heads = []
    for cached in (False, True):
        job = make(tiny_model, adapt="features", cached=cached, batch=90, epochs=20)
        job.adapted.network.dropout.p = 0.0
        trained(job, tmp_path / str(cached))
        heads.append(weights(job))
    for name in heads[0]:
        torch.testing.assert_close(heads[0][name], heads[1][name], rtol=1e-4, atol=1e-6)


def test_early_stopping(tiny_model: Path, tmp_path: Path) -> None:
    job = make(tiny_model, epochs=50, patience=2, learning_rate=1e-9)
    fitted = trained(job, tmp_path / "c")
    progress = fitted.progress
    assert progress.step < job.plan.steps
    assert progress.stale == 2
    assert progress.best_step == progress.history[-3]["step"]


def test_a_loss_that_is_not_finite_stops_before_the_weights_move(tiny_model: Path, tmp_path: Path) -> None:
    job = make(tiny_model)
    row = job.train.rows[17]
    rows = list(job.train.rows)
    rows[17] = dataclasses.replace(row, weight=float("inf"))
    job = dataclasses.replace(job, train=Feed(rows, job.train.places))
    with pytest.raises(RunError, match=r"the loss of step \d+ is (inf|nan)") as caught:
        trained(job, tmp_path / "c")
    assert "t.csv:19" in caught.value.problems[0].where
    assert all(torch.isfinite(value).all() for value in weights(job).values())


def test_a_step_that_weighs_nothing_stops(tiny_model: Path, tmp_path: Path) -> None:
    job = make(tiny_model)
    rows = [Row(row.ids, row.target, 0.0) for row in job.train.rows]
    job = dataclasses.replace(job, train=Feed(rows, job.train.places))
    with pytest.raises(RunError, match=r"t\.csv:\d+.*the rows of step 0 weigh nothing"):
        trained(job, tmp_path / "c")


def test_checkpoints_of_other_settings_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    trained(make(tiny_model, epochs=1), tmp_path / "c")
    with pytest.raises(CheckpointError, match="other settings"):
        fit(make(tiny_model, epochs=1), Checkpoints(tmp_path / "c", "other", print), resume=True)
