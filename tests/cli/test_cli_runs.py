"""The commands on a small run: what they print, write and return."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from afina.cli import main


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_table: Path, tiny_model: Path) -> Path:
    """A finished run, made by the command."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    arguments = ["train", str(small_table), "--model", str(tiny_model), "--out", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFINA_HOME", str(folder.parent / "home"))
        assert main([*arguments, "--set", "train.epochs=1", "--set", "evaluate.resamples=100"]) == 0
    return folder


def test_training_tells_guesses_table_verdict_and_next_commands(
    small_table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--set", "train.epochs=1", "--set", "evaluate.resamples=100", "--set", "name=first"]
    assert main(["train", str(small_table), "--model", str(tiny_model), *settings]) == 0
    told = capsys.readouterr()
    assert "read as CSV" in told.err
    assert "Training …" in told.err
    assert "Step " in told.err
    assert "Full fine-tuning" in told.out
    assert "Macro-F1 (95 %)" in told.out
    assert "runs/first/report.html" in told.out
    assert "afina predict runs/first" in told.out


def test_the_table_fits_into_80_columns(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["show", str(run)]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line for line in lines if "majority" in line or "frequent" in line or "fine-tuning  " in line]
    assert table
    assert max(map(len, (line for line in lines if str(run) not in line))) <= 80


def test_json_is_one_object_with_the_run(
    small_table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--set", "train.epochs=1", "--set", "evaluate.resamples=100"]
    arguments = ["train", str(small_table), "--model", str(tiny_model), "--adapt", "features", "--out", "a"]
    assert main([*arguments, "--seed", "3", *settings, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["run"] == "a"
    assert told["report"]["adapt"] == "features"
    assert told["report"]["seed"] == 3
    assert json.loads(Path("a/report.json").read_text()) == told["report"]


def test_show_is_the_report(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["run"] == str(run)
    assert told["report"]["verdict"]["choice"]


def test_show_of_an_unfinished_run_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("half").mkdir()
    Path("half/recipe.json").write_text("{}")
    assert main(["show", "half"]) == 1
    assert "not finished" in capsys.readouterr().err


def test_check_plans_without_training(
    small_table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", str(small_table), "--model", str(tiny_model)]
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["labels"] == ["negative", "neutral", "positive"]
    assert sum(told["rows"].values()) == 240
    assert told["plan"]["steps"] == 3 * -(-told["rows"]["train"] // 16)
    assert main(arguments) == 0
    assert "Rows" in capsys.readouterr().out
    assert not Path("runs").exists()


def test_look_shows_tokens(small_table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["look", str(small_table), "--model", str(tiny_model), "--count", "2"]
    assert main([*arguments, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 2
    assert rows[0]["tokens"][0] == "[CLS]"
    assert rows[0]["where"].startswith(str(small_table))
    assert main(arguments) == 0
    assert rows[0]["text"] in capsys.readouterr().out


def test_predict_answers_each_text(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["great phone", "awful battery"]
    assert main(["predict", str(run), *texts, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["text"] for answer in answers] == texts
    for answer in answers:
        assert answer["label"] in ("negative", "neutral", "positive")
        assert answer["probability"] == max(answer["probabilities"].values())
    assert main(["predict", str(run), *texts]) == 0
    assert "great phone" in capsys.readouterr().out


def test_predict_takes_the_model_folder_by_itself(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(run / "model"), "great phone", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert main(["predict", str(run), "great phone", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == alone


def test_predict_keeps_the_columns_of_a_file(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.csv").write_text('id,text\n7,"great, ""phone"""\n8,awful\n', encoding="utf-8")
    assert main(["predict", str(run), "--file", "new.csv", "-o", "out.csv"]) == 0
    assert "2 rows written to out.csv." in capsys.readouterr().err
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "text", "label", "probability"]
    assert [row["id"] for row in rows] == ["7", "8"]
    assert rows[0]["text"] == 'great, "phone"'
    assert main(["predict", str(run), 'great, "phone"', "awful", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [row["label"] for row in rows] == [answer["label"] for answer in answers]
    assert [float(row["probability"]) for row in rows] == pytest.approx([a["probability"] for a in answers])


def test_predict_does_not_overwrite_the_labels_of_a_file(run: Path) -> None:
    Path("new.tsv").write_text("text\tlabel\ngreat\tx\nawful\ty\n", encoding="utf-8")
    assert main(["predict", str(run), "--file", "new.tsv", "-o", "out.jsonl"]) == 0
    rows = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["label"] for row in rows] == ["x", "y"]
    assert {"predicted_label", "predicted_probability"} <= rows[0].keys()


def test_predict_prints_a_file_or_a_list(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.txt").write_text("great phone\nawful battery\n", encoding="utf-8")
    assert main(["predict", str(run), "--file", "new.txt"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].endswith(",label,probability")
    assert main(["predict", str(run), "--file", "new.txt", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_a_failed_prediction_leaves_no_file(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.csv").write_text("text\ngreat\n", encoding="utf-8")
    assert main(["predict", str(run), "--file", "new.csv", "-o", "none/out.csv"]) == 1
    assert "none/out.csv: there is no such file or folder." in capsys.readouterr().err


def test_evaluate_measures_with_intervals(
    run: Path, small_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(run), str(small_table), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 240
    value = told["metrics"]["accuracy"]
    assert 0 <= value["low"] <= value["value"] <= value["high"] <= 1
    assert main(["evaluate", str(run), str(small_table)]) == 0
    assert "Accuracy" in capsys.readouterr().out


def test_runs_are_listed(small_table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [
        "--set",
        "train.epochs=1",
        "--set",
        "evaluate.resamples=100",
        "--set",
        "evaluate.baselines=[]",
    ]
    assert main(["train", str(small_table), "--model", str(tiny_model), "--out", "one", *settings]) == 0
    capsys.readouterr()
    assert main(["list", "runs", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["name"] == "one"
    assert row["state"] == "done"
    assert main(["list", "runs"]) == 0
    assert "one" in capsys.readouterr().out


def test_ctrl_c_saves_and_resume_finishes(small_table: Path, tiny_model: Path) -> None:
    command = [
        sys.executable, "-m", "afina", "train", str(small_table), "--model", str(tiny_model), "--out", "run",
        "--set", "train.epochs=400", "--set", "train.patience=10000", "--set", "evaluate.baselines=[]",
        "--set", "evaluate.resamples=100", "--set", "evaluate.label_errors=0", "--set", "train.save_every=10",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not list(Path("run/checkpoints").glob("*")) and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _out, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Stopped: stopped at step" in told
    assert "--resume" in told
    saved = list(Path("run/checkpoints").iterdir())
    assert saved
    environment = {**os.environ, "AFINA_LANG": "en"}
    process = subprocess.Popen([*command, "--resume"], stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Continuing at step"):
            break
    else:
        pytest.fail("the run was not resumed")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
