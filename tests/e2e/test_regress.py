"""Numbers from the first row to the last command, with a tiny model."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import afina
from afina.cli import main
from afina.errors import DataError, RecipeError
from conftest import sentences

STARS = {"negative": 1.0, "neutral": 3.0, "positive": 5.0}


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rated") / "rated.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "stars"])
        writer.writerows((text, 100 + STARS[label]) for text, label in sentences(240))
    return path


@pytest.fixture(scope="module")
def finished(rated: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "stars"
    settings = {"evaluate.resamples": 200, "train.epochs": 12, "train.learning_rate": 3e-3}
    afina.train(rated, task="regress", model=str(tiny_model), settings=settings, out=folder)
    return folder


@pytest.fixture(scope="module")
def report(finished: Path) -> dict:
    return json.loads((finished / "report.json").read_text(encoding="utf-8"))


def test_it_learns_numbers_in_their_own_unit(report: dict) -> None:
    assert list(report["test"]) == ["rmse", "mae", "r2", "pearson"]
    assert list(report["baselines"]) == ["mean", "tfidf_ridge", "features_ridge", "nearest_mean"]
    assert report["test"]["rmse"]["value"] < 0.6 * report["baselines"]["mean"]["rmse"]["value"]
    assert report["test"]["r2"]["value"] > 0.6
    assert report["labels"] == []
    assert report["detectable_difference"] is None
    assert all(100 < true < 106 and 95 < said < 110 for true, said in report["scatter"])
    worst = [abs(one["predicted"] - one["value"]) for one in report["largest_errors"]]
    assert worst == sorted(worst, reverse=True)
    errors = np.array([said - true for true, said in report["scatter"]])
    assert report["bias"] == pytest.approx(errors.mean())
    assert report["test"]["mae"]["value"] == pytest.approx(abs(errors).mean())


def test_the_page_and_the_card_say_it(finished: Path) -> None:
    html = (finished / "report.html").read_text(encoding="utf-8")
    assert 'id="scatter"' in html
    assert 'id="largest-errors"' in html
    assert 'id="worst"' not in html
    card = (finished / "model" / "README.md").read_text(encoding="utf-8")
    assert "tells a number" in card
    assert 'settings["scale"]' in card


def test_the_model_answers_and_is_measured_again(finished: Path, rated: Path, report: dict) -> None:
    model = afina.load(finished)
    good, bad = (one["value"] for one in model.predict(["great phone", "awful phone"]))
    assert 100 < bad < good < 107
    with pytest.raises(DataError, match="single texts"):
        model.predict([("great phone", "awful phone")])
    measured = afina.evaluate(finished, rated)
    assert measured["rows"] == 240
    assert measured["metrics"]["rmse"]["value"] < report["baselines"]["mean"]["rmse"]["value"]


def test_the_command_line_shows_and_writes_numbers(
    finished: Path, rated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(finished), "great phone"]) == 0
    assert capsys.readouterr().out.split()[1:] == ["great", "phone"]
    out = tmp_path / "answers.csv"
    assert main(["predict", str(finished), "--file", str(rated), "-o", str(out)]) == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 240
    assert all(95 < float(row["value"]) < 110 for row in rows)
    assert main(["look", str(rated), "--task", "regress", "--count", "1"]) == 0
    assert "10" in capsys.readouterr().out.splitlines()[0]


def test_features_are_solved_for_and_need_no_alternative_like_themselves(
    rated: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """In one go no worse on train than step by step, by the loss that both minimise."""
    settings = {"evaluate.resamples": 200, "adapt.c": [0.01, 1.0]}
    result = afina.train(
        rated, task="regress", model=str(tiny_model), adapt="features", settings=settings,
        out=tmp_path / "solved",
    )  # fmt: skip
    assert list(result.report["baselines"]) == ["mean", "tfidf_ridge", "nearest_mean"]
    assert result.report["test"]["r2"]["value"] > 0.2
    assert result.report["curves"] == []


def test_pairs_of_texts(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [text for text, _label in sentences(120)]
    path = tmp_path / "pairs.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["one", "two", "similarity"])
        for n, text in enumerate(texts):
            other = texts[(n + 1) % len(texts)]
            writer.writerow([text, other, len(set(text.split()) & set(other.split()))])
    settings = {
        "data.text": "one", "data.pair": "two", "train.epochs": 1, "evaluate.resamples": 100,
    }  # fmt: skip
    result = afina.train(path, task="regress", model=str(tiny_model), settings=settings, out=tmp_path / "run")
    model = afina.load(result.run)
    same, swapped = model.predict([("great phone", "bad case"), ("bad case", "great phone")])
    assert same != swapped
    with pytest.raises(DataError, match="pairs of texts"):
        model.predict(["great phone"])
    assert main(["predict", str(result.run), "one", "two", "three"]) == 2
    assert "pairs of texts" in capsys.readouterr().err
    assert main(["predict", str(result.run), "--file", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 120


def test_what_is_of_another_task_is_refused(rated: Path, tiny_model: Path) -> None:
    with pytest.raises(RecipeError, match="'tfidf' is no alternative for the task 'regress'"):
        afina.check(rated, task="regress", model=str(tiny_model), settings={"evaluate.baselines": ["tfidf"]})
    with pytest.raises(RecipeError, match="'cross_entropy' cannot be used for the task 'regress'"):
        afina.check(rated, task="regress", model=str(tiny_model), settings={"objective": "cross_entropy"})
