"""Trackers: what each of them keeps is read back with its own reader."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import pytest

from afina.errors import Interrupted, RecipeError
from afina.recipe.load import compose
from afina.recipe.recipe import Recipe
from afina.run import Result, run
from afina.track import TRACKERS, Tracked, Tracker, Tracking
from afina.track.mlflow import MLflow
from afina.train.log import Event

HERE = [kind for kind in TRACKERS if TRACKERS[kind].installed()]

# Of SQLAlchemy, about what MLflow does.
pytestmark = pytest.mark.filterwarnings("ignore:The ..noload.. loader")


def needs(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(kind not in HERE, reason=f"{kind} is not installed")


def recipe(model: Path, data: Path, **more: Any) -> Recipe:
    values = {
        "data": str(data), "model": str(model), "evaluate": {"resamples": 100, "baselines": []},
        "train": {"epochs": 2, "save_every": 3, "learning_rate": 3e-3},
    }  # fmt: skip
    return Recipe.of(values | more)


class Told(NamedTuple):
    """A run that was interrupted once."""

    result: Result
    events: list[dict[str, Any]]
    store: str
    """Of MLflow."""

    def curve(self, kind: str, name: str) -> list[tuple[int, float]]:
        return [(event["step"], event[name]) for event in self.events if event["kind"] == kind]


@pytest.fixture(scope="module")
def told(tiny_model: Path, small_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("tracked")
    store, steps = f"sqlite:///{folder}/mlflow.db", 0
    settings = recipe(tiny_model, small_table, track=HERE, before=[{"adapt": "full", "train": {"epochs": 1}}])

    def listen(event: Event) -> None:
        nonlocal steps
        steps += event.kind == "progress"
        if event.kind == "progress" and steps == 16:
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFINA_HOME", str(folder / "home"))
        patch.setenv("AFINA_CACHE", str(folder / "cache"))
        patch.setenv("MLFLOW_TRACKING_URI", store)
        patch.setenv("TRACKIO_DIR", str(folder / "trackio"))
        patch.chdir(folder)
        with pytest.raises(Interrupted):
            run(settings, out=folder / "run", listen=listen)
        result = run(settings, out=folder / "run", resume=True)
        lines = (folder / "run" / "events.jsonl").read_text(encoding="utf-8").splitlines()
        events = [json.loads(line) for line in lines]
        assert [event["text"] for event in events if event["kind"] == "warning"] == []
        yield Told(result, events, store)


def test_what_is_tracked_changes_nothing(
    told: Told, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    before = [{"adapt": "full", "train": {"epochs": 1}}]
    plain = run(recipe(tiny_model, small_table, before=before), out=tmp_path / "run").report
    assert plain["test"] == told.result.report["test"]
    assert plain["curves"] == told.result.report["curves"]


@needs("tensorboard")
def test_tensorboard_holds_every_step_and_the_final_metrics(told: Told) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    held = EventAccumulator(str(told.result.run / "tensorboard"))
    held.Reload()
    names = held.Tags()["scalars"]
    losses = [(one.step, one.value) for one in held.Scalars("progress/loss")]
    # The last training, and the one before it, which was interrupted.
    assert [step for step, _value in losses] == list(range(1, len(losses) + 1))
    expected = told.curve("progress", "loss")[-len(losses) :]
    assert [value for _step, value in losses] == pytest.approx([loss for _step, loss in expected], rel=1e-6)
    assert "before_1/progress/loss" in names
    found = held.Scalars("test/macro_f1_low")[0].value
    assert found == pytest.approx(told.result.report["test"]["macro_f1"]["low"], rel=1e-6)
    (card,) = held.Tensors("card/text_summary")
    assert card.tensor_proto.string_val[0].decode() == (told.result.run / "model/README.md").read_text(
        "utf-8"
    )


@needs("mlflow")
def test_mlflow_holds_one_run_with_settings_curves_intervals_and_the_report(told: Told) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(told.store)
    experiment = client.get_experiment_by_name("afina")
    (kept,) = client.search_runs([experiment.experiment_id])
    assert kept.info.status == "FINISHED"
    assert kept.data.params["train.epochs"] == "2"
    assert kept.data.params["before.0.adapt.kind"] == "full"
    for kind, name in (("progress", "loss"), ("evaluation", "dev_loss")):
        held = client.get_metric_history(kept.info.run_id, f"{kind}/{name}")
        curve = sorted((one.step, one.value) for one in held)
        assert curve == told.curve(kind, name)[-len(curve) :]
        assert len(curve) == len({step for step, _value in curve}) > 1
    interval = told.result.report["test"]["accuracy"]
    found = [kept.data.metrics[f"test/accuracy{end}"] for end in ("", "_low", "_high")]
    assert found == [interval["value"], interval["low"], interval["high"]]
    report = Path(client.download_artifacts(kept.info.run_id, "report.html"))
    assert report.read_bytes() == (told.result.run / "report.html").read_bytes()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


@needs("trackio")
def test_trackio_holds_one_run_with_settings_curves_intervals_and_the_report(told: Told) -> None:
    import trackio
    from trackio.sqlite_storage import SQLiteStorage

    (kept,) = trackio.Api().runs("afina")
    assert kept.name == "run"
    assert kept.config["train.epochs"] == 2
    logs = SQLiteStorage.get_logs("afina", kept.name, run_id=kept.id)
    curve = [(log["step"], log["progress/loss"]) for log in logs if "progress/loss" in log]
    assert curve == told.curve("progress", "loss")[-len(curve) :]
    assert len(curve) > 16
    interval = told.result.report["test"]["accuracy"]
    assert (logs[-1]["test/accuracy_low"], logs[-1]["test/accuracy_high"]) == (
        interval["low"],
        interval["high"],
    )
    (report,) = SQLiteStorage.get_run_artifacts("afina", kept.name, run_id=kept.id)["output"]
    assert report["name"] == "run-report"


@needs("trackio")
def test_the_hub_is_not_asked_whose_token_this_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    asked: list[object] = []
    monkeypatch.setenv("HF_TOKEN", "hf_0")
    monkeypatch.setattr(huggingface_hub, "whoami", lambda **given: asked.append(given) or {"name": "me"})
    with Tracking([TRACKERS.make("trackio")], tmp_path, pytest.fail).opened({}):
        pass
    assert asked == []


class Breaking(Tracker):
    """Breaks at the second step."""

    kind: Literal["breaking"] = "breaking"
    package: ClassVar[str] = "afina"

    def open(self, folder: Path, settings: Mapping[str, bool | float | str], name: str | None) -> Tracked:
        return Broken()


class Broken(Tracked):
    def record(self, step: int, values: Mapping[str, float]) -> None:
        assert step < 2, "the disk of the tracker is full"

    def finish(self, step: int, values: Mapping[str, float], folder: Path) -> None:
        pytest.fail("it is left out")

    def close(self, state: str) -> None:
        pytest.fail("it is left out")


def test_an_error_of_a_tracker_is_told_once_and_does_not_stop_the_run(
    tiny_model: Path, small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TRACKERS._classes, "breaking", Breaking)
    warnings = []

    def listen(event: Event) -> None:
        if event.kind == "warning":
            warnings.append(event.data["text"])

    run(recipe(tiny_model, small_table, track=["breaking"]), out=tmp_path / "run", listen=listen)
    assert warnings == ["breaking keeps nothing more of this run: the disk of the tracker is full"]
    assert (tmp_path / "run" / "report.json").exists()


@needs("mlflow")
def test_a_server_that_cannot_be_used_does_not_stop_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://here")
    warnings: list[str] = []
    with Tracking([MLflow()], tmp_path, warnings.append).opened({"train": {"epochs": 2}}):
        pass
    (told,) = warnings
    assert told.startswith("mlflow keeps nothing more of this run: ")


def test_what_is_not_installed_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MLflow, "package", "surely_not_installed")
    with pytest.raises(RecipeError) as caught:
        compose({"data": "some.csv", "track": ["mlflow", "tensorbord"]})
    assert [str(problem) for problem in caught.value.problems] == [
        "track: 'mlflow' is not installed. Install it with: pip install 'afina[mlflow]'",
        "track: there is no tracker \"tensorbord\". Did you mean 'tensorboard'?",
    ]


def test_a_run_may_be_resumed_with_other_trackers() -> None:
    assert "track" not in Recipe.of({"data": "some.csv", "track": ["mlflow"]}).decisive()
