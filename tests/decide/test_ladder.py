"""The ladder on real files with a tiny network."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import afina
from afina.cli.ladder import _show as shown
from afina.decide import climb as climbing
from afina.decide import runner as running
from afina.decide.climb import Climb
from afina.decide.ladder import ladder
from afina.decide.ladder_page import headline, render
from afina.decide.rules import Rules
from afina.decide.rung import Rung, stored
from afina.decide.runner import Here
from afina.errors import Interrupted, StoreError
from afina.evaluate.words import signed
from afina.language import speaking
from afina.recipe import prepare as preparing
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.train.log import Event
from conftest import WORDS, sentences


def recipe(model: Path, table: Path, **more: Any) -> Recipe:
    return Recipe.of(
        {
            "data": str(table), "model": str(model), "evaluate": {"resamples": 200},
            "train": {"epochs": 2, "learning_rate": 3e-3}, **more,
        }
    )  # fmt: skip


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels that have nothing to do with their texts."""
    draw = random.Random(3)
    rows = [(text, draw.choice(["yes", "no"])) for text, _label in sentences(200, seed=5)]
    return write(tmp_path_factory.mktemp("noise") / "noise.csv", rows)


def test_it_climbs_and_stops_and_keeps_what_it_found(
    tiny_model: Path, small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered: list[str] = []
    shown = Prepared.outputs

    def outputs(self: Prepared, rows: Any) -> Any:
        answered.append(self.recipe.way)
        return shown(self, rows)

    monkeypatch.setattr(Prepared, "outputs", outputs)
    made = ladder(recipe(tiny_model, small_table), out=tmp_path / "ladder")
    told = made.told
    tried = [rung["name"] for rung in told["rungs"] if rung["left_out"] is None]
    assert tried[:2] == ["majority", "lexicon"] or tried[:2] == ["majority", "tfidf"]
    assert "features" in tried
    assert timed(told)
    # Beside these, at most what the development rows recommended and the test rows did not.
    assert {"majority", told["choice"], told["best"]} <= set(told["test"]["metrics"])
    assert len(told["test"]["metrics"]) <= 3
    assert told["test"]["rows"] == told["rows"]["test"]
    assert json.loads((made.folder / "ladder.json").read_text(encoding="utf-8")) == told
    page = (made.folder / "ladder.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert told["reason"]["sentence"][1:] in page.replace("&#39;", "'")
    for rung in told["rungs"]:
        if rung["left_out"] is None:
            assert rung["metrics"]["macro_f1"]["low"] <= rung["metrics"]["macro_f1"]["value"]
        else:
            assert rung["left_out"]["code"] in ("ceiling", "cannot_repay", "too_few_rows")

    answered.clear()
    again = ladder(recipe(tiny_model, small_table), out=tmp_path / "ladder", resume=True)
    assert {rung["name"] for rung in again.told["rungs"]} == {rung["name"] for rung in told["rungs"]}
    assert again.told["choice"] == told["choice"]
    assert not set(answered) - {"full"}, "a way was tried twice"


def test_the_test_rows_are_answered_by_none_but_the_three(
    tiny_model: Path, small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    shown = Prepared.outputs

    def outputs(self: Prepared, rows: Any) -> Any:
        counts.append(len(rows))
        return shown(self, rows)

    monkeypatch.setattr(Prepared, "outputs", outputs)
    data = {"path": str(small_table), "split": {"dev": 0.2, "test": 0.1}}
    made = ladder(recipe(tiny_model, small_table, data=data), out=tmp_path / "ladder", on_test=False)
    assert made.told["test"] is None
    assert set(counts) == {made.told["rows"]["dev"]}


def test_test_rows_of_another_kind_are_told(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    draw = random.Random(4)
    labels = ["negative", "neutral", "positive"]
    rows = [(text, draw.choice(labels)) for text, _label in sentences(200, seed=9)]
    data = {
        "path": str(write(tmp_path / "mine.csv", sentences(300, seed=8))),
        "test": str(write(tmp_path / "other.csv", rows)),
    }
    settings = recipe(tiny_model, small_table, data=data, evaluate={"resamples": 2000})
    told = ladder(settings, Rules(budget=1e-6), out=tmp_path / "ladder").told
    assert told["test"]["other_rows"]
    assert "the test rows are of another kind" in told["test"]["sentence"]


def test_noise_is_out_of_reach(tiny_model: Path, noise: Path, tmp_path: Path) -> None:
    made = ladder(recipe(tiny_model, noise), out=tmp_path / "ladder", on_test=False)
    assert not made.told["fine_tune"]
    assert made.told["reason"]["code"] == "out_of_reach"


def test_twelve_rows_are_too_few(tiny_model: Path, tmp_path: Path) -> None:
    table = write(tmp_path / "few.csv", sentences(12, seed=2))
    made = ladder(recipe(tiny_model, table), out=tmp_path / "ladder")
    assert not made.told["fine_tune"]
    assert made.told["reason"]["code"] == "too_few_rows"
    left = [rung["left_out"]["code"] for rung in made.told["rungs"] if rung["left_out"]]
    assert left == ["too_few_rows"] * 3


def test_what_only_the_test_rows_prove_is_recommended(tiny_model: Path, tmp_path: Path) -> None:
    rows = [row for row in sentences(520, seed=7) if row[1] != "neutral"]
    other = {"positive": "negative", "negative": "positive"}
    # Of the development rows nearly half are told wrong, so they can prove nothing.
    for name, part in {
        "train": rows[:240],
        "dev": [
            (text, label if n % 20 < 11 else other[label]) for n, (text, label) in enumerate(rows[240:260])
        ],
        "test": rows[280:360],
    }.items():
        write(tmp_path / "data" / f"{name}.csv", part)
    settings = recipe(
        tiny_model, tmp_path / "data", evaluate={"baselines": ["majority", "tfidf"], "resamples": 200}
    )
    made = ladder(settings, Rules(budget=1e-6), out=tmp_path / "ladder")
    told = made.told
    assert (told["fine_tune"], told["reason"]["code"]) == (False, "test_rows")
    assert told["choice"] == told["best"] == "tfidf"
    assert not told["test"]["confirmed"]
    assert [(one["a"], one["b"]) for one in told["test"]["comparisons"]] == [("tfidf", "majority")]
    assert told["test"]["comparisons"][0]["p_holm"] < 0.05
    assert told["would_change"][0].startswith("The development rows alone: no way is provably better")
    assert headline(told) == "Do not fine-tune: TF-IDF + logistic regression is enough."
    assert "took part in this choice" in (made.folder / "ladder.html").read_text(encoding="utf-8")


def test_a_budget_leaves_out_what_is_too_dear(tiny_model: Path, noise: Path, tmp_path: Path) -> None:
    rules = Rules(budget=1e-6)
    made = ladder(recipe(tiny_model, noise), rules, out=tmp_path / "ladder", on_test=False)
    left = {rung["name"]: rung for rung in made.told["rungs"] if rung["left_out"]}
    assert {rung["left_out"]["code"] for rung in left.values()} == {"budget"}
    assert set(left) == {"top_blocks", "lora", "full"}
    assert left["full"]["seconds"] > 0


def test_one_that_was_interrupted_goes_on(
    tiny_model: Path, noise: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = running.attempt

    def stopped(*given: Any, **named: Any) -> Any:
        if given[0].adapt.kind == "top_blocks":
            named["stop"].request()
        return whole(*given, **named)

    monkeypatch.setattr(running, "attempt", stopped)
    with pytest.raises(Interrupted):
        ladder(recipe(tiny_model, noise), out=tmp_path / "ladder", on_test=False)
    assert {"majority", "tfidf", "features"} <= set(stored(tmp_path / "ladder" / "rungs"))
    monkeypatch.setattr(running, "attempt", whole)
    events: list[Event] = []
    made = ladder(
        recipe(tiny_model, noise), out=tmp_path / "ladder", resume=True, on_test=False, listen=events.append
    )
    assert not [event for event in events if event.kind == "baseline"]
    assert "top_blocks" in {rung["name"] for rung in made.told["rungs"]}
    with pytest.raises(StoreError):
        ladder(recipe(tiny_model, noise), out=tmp_path / "ladder")


def test_rungs_are_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    numbers = Rung("tfidf", np.random.default_rng(0).random((3, 2)), 1.5, 10, 0.2, None, {"c": 1.0})
    words = Rung("word_tags", np.array(["O B-x", "O"]), 1.0, 10)
    for rung in (numbers, words):
        rung.store(tmp_path)
    found = stored(tmp_path)
    assert np.array_equal(found["tfidf"].answered, numbers.answered)
    assert found["word_tags"].answered.tolist() == ["O B-x", "O"]
    assert found["tfidf"].details == {"c": 1.0}
    (tmp_path / "tfidf.safetensors").write_bytes(b"half")
    assert set(stored(tmp_path)) == {"word_tags"}


def test_an_unknown_way_stands_where_its_time_puts_it() -> None:
    def rung(name: str, seconds: float) -> Rung:
        return Rung(name, np.zeros((1, 2)), seconds, 1)

    given = [rung("tfidf", 2.0), rung("mine", 1.0), rung("majority", 0.1), rung("dear", 9.0)]
    assert [r.name for r in climbing._in_order(given)] == ["majority", "mine", "tfidf", "dear"]


def test_in_python_and_in_spanish(tiny_model: Path, noise: Path, tmp_path: Path) -> None:
    with speaking("es"):
        made = afina.ladder(
            str(noise), model=str(tiny_model), rules={"budget": 1e-6}, on_test=False, out=tmp_path / "ladder",
            settings={"evaluate.resamples": 200},
        )  # fmt: skip
    assert 'lang="es"' in (made.folder / "ladder.html").read_text(encoding="utf-8")


def test_numbers_have_a_ladder(tiny_model: Path, tmp_path: Path) -> None:
    worth = {"negative": "1", "neutral": "3", "positive": "5"}
    table = write(tmp_path / "stars.csv", [(text, worth[label]) for text, label in sentences(160)])
    settings = recipe(tiny_model, table, task="regress", adapt="full")
    made = ladder(settings, Rules(budget=1e-6), out=tmp_path / "ladder")
    names = [rung["name"] for rung in made.told["rungs"]]
    assert names[:4] == ["mean", "tfidf_ridge", "nearest_mean", "features"]
    assert timed(made.told)
    assert made.told["learning_curve"] is not None
    assert made.told["test"]["metrics"]


def test_what_gain_counts_depends_on_the_units_of_the_labels(tiny_model: Path, tmp_path: Path) -> None:
    worth = {"negative": "0.001", "neutral": "0.003", "positive": "0.005"}
    table = write(tmp_path / "parts.csv", [(text, worth[label]) for text, label in sentences(160)])
    settings = recipe(tiny_model, table, task="regress", adapt="full")
    told = ladder(settings, Rules(budget=1e-6), out=tmp_path / "ladder", on_test=False).told
    left = {rung["left_out"]["code"] for rung in told["rungs"] if rung["left_out"]}
    assert left == {"budget"}, "an error of 0.001 leaves no less to gain than one of 1"
    assert told["least_gain"] == pytest.approx(told["rungs"][0]["metrics"]["rmse"]["value"] / 100)


def test_an_error_falls_where_more_rows_help(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worth = {"negative": "1", "neutral": "3", "positive": "5"}
    table = write(tmp_path / "stars.csv", [(text, worth[label]) for text, label in sentences(160)])
    settings = recipe(tiny_model, table, task="regress")
    made = ladder(settings, Rules(budget=1e-6), out=tmp_path / "ladder", on_test=False)
    told, page = made.told, (made.folder / "ladder.html").read_text(encoding="utf-8")
    gain = told["learning_curve"]["gain"]
    assert gain["value"] > 0, "greater is better in ladder.json"
    change = f"(lower is better) of the head on the frozen model by {signed(-gain['value'])} ["
    assert change in told["would_change"][0]
    assert f"by {signed(-gain['value'])} [{signed(-gain['high'])} to {signed(-gain['low'])}]" in page
    assert page.count("(lower is better)") == 4, "sentences of the curve, the axis and the table"
    shown(told, made.folder)
    said = " ".join(capsys.readouterr().out.split())
    assert f"of a head on the frozen model by {signed(-gain['value'])} [" in said
    assert "Root mean squared error: lower is better." in said
    assert "No way answered the test rows." in page


def test_tags_have_a_ladder(tiny_model: Path, tmp_path: Path) -> None:
    draw = random.Random(0)
    names = ["phone", "camera", "battery", "screen"]
    rows = []
    for _row in range(60):
        words = [draw.choice(["the", "a", "is", "very", *names]) for _word in range(draw.randint(3, 7))]
        tags = ["B-thing" if word in names else "O" for word in words]
        rows.append("\n".join(f"{word} {tag}" for word, tag in zip(words, tags, strict=True)))
    (tmp_path / "things.conll").write_text("\n\n".join(dict.fromkeys(rows)) + "\n", encoding="utf-8")
    settings = recipe(tiny_model, tmp_path / "things.conll", task="tag")
    made = ladder(settings, out=tmp_path / "ladder")
    assert [rung["name"] for rung in made.told["rungs"]][:2] == ["word_tags", "word_shapes"]
    assert timed(made.told)
    assert not made.told["fine_tune"]


def timed(told: dict[str, Any]) -> bool:
    return all(rung["milliseconds_per_row"] > 0 for rung in told["rungs"] if rung["left_out"] is None)


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(0)
    rows = [(draw.choice(["red", "blue", "pink", "sky", "tan"]), number) for number in range(200)]
    lines = [{"prompt": f"Say {colour} {number}", "completion": colour} for colour, number in rows]
    path = tmp_path_factory.mktemp("talks") / "talks.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def writing(model: Path, data: Path, **train: Any) -> Recipe:
    task = {"kind": "generate", "answers": {"max_tokens": 8}, "general": False, "answered": 20}
    settings = {"epochs": 6, "learning_rate": 5e-3, "batch": 16, **train}
    return recipe(model, data, task=task, train=settings, evaluate={"resamples": 1000})


def test_answers_have_a_ladder(
    talker: Path, talks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Any] = []
    load = preparing.load_model
    monkeypatch.setattr(preparing, "load_model", lambda *a, **n: (loads.append(n["name"]), load(*a, **n))[1])
    made = ladder(
        writing(talker, talks, epochs=12), Rules(budget=1e9), out=tmp_path / "ladder", on_test=False
    )
    told = made.told
    names = [rung["name"] for rung in told["rungs"]]
    assert names == ["untrained", "few_shot", "retrieval", "top_blocks", "lora", "full"]
    tried = [rung for rung in told["rungs"] if rung["left_out"] is None]
    assert {"perplexity", "chrf", "rouge_l", "exact_answer"} == set(tried[-1]["metrics"])
    assert timed(told)
    assert told["learning_curve"] is None
    assert (told["fine_tune"], told["reason"]["code"], told["decided_by"]) == (True, "worth_it", "perplexity")
    # One model for all that needs no training and all forecasts, and one for each training.
    assert len(loads) == 1 + sum(rung["name"] in names[3:] for rung in tried)
    blind = told["texts"]["blind"]
    assert (told["texts"]["metric"], told["texts"]["rows"]) == ("chrf", 20)
    assert blind["answer"] in ("red", "blue", "pink", "sky", "tan")
    assert 0 < blind["metrics"]["exact_answer"]["value"] < 1
    page = (made.folder / "ladder.html").read_text(encoding="utf-8")
    assert "chrF is of the answers to 20 development rows" in page


def test_what_changes_too_often_is_known_to_be_worse(talker: Path, talks: Path, tmp_path: Path) -> None:
    rules = Rules(budget=1e9, refresh_days=0.01)
    told = ladder(writing(talker, talks, epochs=12), rules, out=tmp_path / "ladder").told
    assert (told["fine_tune"], told["reason"]["code"]) == (False, "changes_too_often")
    assert told["best"] in ("top_blocks", "lora", "full")
    beside = {one["a"]: one for one in told["test"]["comparisons"]}[told["best"]]
    assert beside["p_holm"] < 0.05, "the best is provably better on the test rows too"
    assert told["test"]["confirmed"]
    assert told["test"]["sentence"].startswith("On the test rows the difference to")


def test_answers_that_nothing_gets_right_are_out_of_reach(talker: Path, tmp_path: Path) -> None:
    draw = random.Random(1)
    lines = [
        {"prompt": f"Say {number}", "completion": draw.choice(["red", "blue", "tan"])}
        for number in range(150)
    ]
    data = tmp_path / "guesses.jsonl"
    data.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    told = ladder(writing(talker, data), out=tmp_path / "ladder").told
    best = next(rung for rung in told["rungs"] if rung["name"] == "top_blocks")
    assert best["metrics"]["perplexity"]["value"] < told["rungs"][0]["metrics"]["perplexity"]["value"] / 5
    assert (told["fine_tune"], told["reason"]["code"]) == (False, "out_of_reach")
    assert told["decided_by"] == "chrf"
    assert told["test"]["confirmed"]
    assert "provably better than that" in told["test"]["sentence"]
    assert {one["b"] for one in told["test"]["comparisons"]} == {"blind"}


@pytest.mark.parametrize("task", ["embed", "rank"])
def test_searches_have_a_ladder(task: str, tiny_model: Path, tmp_path: Path) -> None:
    draw = random.Random(0)
    things = dict(zip(WORDS[10:20], WORDS[25:35], strict=True))
    rows = []
    for number in range(100):
        thing = list(things)[number % 10]
        asked = f"{' '.join(draw.sample(WORDS[:9], 4))} {thing}"
        rows.append({"question": asked, "document": f"it is {things[thing]} {' '.join(WORDS[40:45])}"})
    data = tmp_path / "questions.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    settings = recipe(tiny_model, data, task=task)
    told = ladder(settings, Rules(budget=1e9), out=tmp_path / "ladder").told
    page = render({**told, "measured": {"dev": 17, "test": 18}})
    assert "17 to choose, 18 to test" in page, "questions are measured, not matches"
    names = [rung["name"] for rung in told["rungs"]]
    assert names == ["tfidf_search", "bm25", "untrained", "top_blocks", "lora", "full"]
    assert timed(told)
    assert told["texts"] is None
    assert told["test"]["metrics"].keys() >= {"tfidf_search"}


def test_gaps_have_a_ladder(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(text for text, _label in sentences(90)) + "\n")
    task = {"kind": "fill_mask", "general": False}
    told = ladder(recipe(tiny_model, tmp_path / "texts.txt", task=task), out=tmp_path / "ladder").told
    assert [rung["name"] for rung in told["rungs"]][:2] == ["untrained", "top_blocks"]
    assert timed(told)


def test_climbing_needs_no_folder_before_its_data_are_found(tmp_path: Path) -> None:
    with pytest.raises(afina.DataError):
        ladder(recipe(tmp_path, tmp_path / "none.csv"), out=tmp_path / "ladder")
    assert not (tmp_path / "ladder").exists()
    Climb(recipe(tmp_path, tmp_path / "none.csv"), Rules(), tmp_path / "x", print, Here())
    assert not (tmp_path / "x").exists()
