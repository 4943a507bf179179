"""Rows without labels, from rules to a trained model, with a tiny network."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import afina
from afina.cli import main
from conftest import sentences

RULES = """
label_model: weighted
functions:
  praise: {kind: keywords, label: positive, words: [great, good, perfect, nice]}
  love: {kind: regex, label: positive, pattern: loved|excellent}
  blame: {kind: keywords, label: negative, words: [bad, awful, terrible, poor]}
  broken: {kind: keywords, label: negative, words: [broke, hated]}
  so_so: {kind: keywords, label: neutral, words: [okay, average]}
  wrong: {kind: keywords, label: neutral, words: [the phone]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("weak")
    rows = sentences(360)
    for name, side in (("free", rows[:240]), ("dev", rows[240:300]), ("test", rows[300:])):
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if name == "free":
                writer.writerows([["text"], *([text] for text, _label in side)])
            else:
                writer.writerows([["text", "label"], *side])
    (place / "rules.yaml").write_text(RULES)
    return place


@pytest.fixture(scope="module")
def finished(folder: Path, tiny_model: Path) -> Path:
    settings = {
        "data.weak": str(folder / "rules.yaml"), "data.dev": str(folder / "dev.csv"),
        "evaluate.resamples": 200, "evaluate.label_errors": 5,
    }  # fmt: skip
    run = folder / "runs" / "weak"
    afina.train(
        folder / "free.csv", model=str(tiny_model), adapt="features", test=folder / "test.csv",
        settings=settings, out=run,
    )  # fmt: skip
    return run


def test_a_model_learns_from_rules_and_is_measured_on_hand_labels(finished: Path, folder: Path) -> None:
    report = json.loads((finished / "report.json").read_text(encoding="utf-8"))
    assert report["rows"] == {"train": report["weak"]["covered"], "dev": 60, "test": 60}
    assert 150 < report["weak"]["covered"] < report["weak"]["rows"] == 240
    assert [one["name"] for one in report["weak"]["functions"]][-1] == "wrong"
    chance = report["baselines"]["majority"]["macro_f1"]["value"]
    assert report["baselines"]["tfidf"]["macro_f1"]["value"] > chance + 0.4
    assert report["test"]["macro_f1"]["value"] > chance + 0.1
    assert any("6 functions label" in note for note in report["notes"])
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert 'id="weak"' in page
    assert "so_so" in page
    kept = json.loads((finished / "recipe.json").read_text(encoding="utf-8"))
    assert kept["data"]["weak"]["functions"]["love"]["pattern"] == "loved|excellent"
    assert afina.evaluate(finished, folder / "test.csv")["rows"] == 60


def test_the_command_shows_and_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--rules", str(folder / "rules.yaml"), "--set", f"data.dev={folder / 'dev.csv'}"]
    assert main(["weak", str(folder / "free.csv"), *options, "-o", "out.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert "Coverage" in out
    assert "praise" in out
    assert "60 rows, the test rows not counted" in out
    rows = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert f"{len(rows)} rows written to out.jsonl." in err
    assert all(sum(row["label"].values()) == pytest.approx(1) for row in rows)


def test_one_json_value_as_python_gives_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--rules", str(folder / "rules.yaml"), "--set", f"data.dev={folder / 'dev.csv'}", "--json"]
    assert main(["weak", str(folder / "free.csv"), *options]) == 0
    value = json.loads(capsys.readouterr().out)
    settings = {"data.dev": str(folder / "dev.csv")}
    assert value == afina.weak(folder / "free.csv", folder / "rules.yaml", settings=settings)
    assert set(value) == {"rows", "covered", "known", "balance", "functions"}


def test_a_finished_model_is_a_labelling_function(finished: Path, folder: Path) -> None:
    functions = {"model": {"kind": "model", "run": str(finished), "least": 0.0}}
    found = afina.weak({"data": {"path": str(folder / "free.csv"), "weak": {"functions": functions}}})
    assert found["covered"] == 240
    sure = afina.weak(
        {"data": {"path": str(folder / "free.csv"), "weak": {"functions": functions}}},
        settings={"data.weak.functions.model.least": 0.6},
    )
    with (folder / "free.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    expected = sum(answer["probability"] >= 0.6 for answer in afina.predict(finished, texts))
    assert 0 < sure["covered"] == expected < 240


def test_what_cannot_be_is_said_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = ["--set", f"data.weak={folder / 'rules.yaml'}", "--set", "data.weak.label_model=majority"]
    assert main(["train", str(folder / "free.csv"), *rules]) == 1
    assert "no hand-labelled rows for dev and test" in capsys.readouterr().err
    assert main(["weak", str(folder / "free.csv"), *rules]) == 0
    assert "0 rows, the test rows not counted" in capsys.readouterr().out
    assert main(["weak", str(folder / "free.csv"), "--rules", "nowhere.yaml"]) == 1
    assert "nowhere.yaml: there is no such file" in capsys.readouterr().err
    assert main(["weak", str(folder / "free.csv"), *rules, "-o", "out.csv"]) == 2
