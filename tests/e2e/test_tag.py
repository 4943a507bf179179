"""Tags from the first row to the last command, with a tiny model."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import afina
from afina.cli import main
from afina.run import Result

THINGS = {"phone": "THING", "camera": "THING", "battery": "THING", "great": "WORTH", "bad": "WORTH"}
FILL = ["the", "is", "a", "this", "was", "very", "really", "and"]


def sentences(count: int) -> list[tuple[list[str], list[str]]]:
    draw = random.Random(0)
    made = {}
    while len(made) < count:
        words, tags = [], []
        for _word in range(draw.randint(4, 9)):
            word = draw.choice([*FILL, *THINGS])
            words.append(word)
            tags.append(f"B-{THINGS[word]}" if word in THINGS else "O")
            if word == "phone":
                words.append("case")
                tags.append("I-THING")
        made[tuple(words)] = (words, tags)
    return list(made.values())


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tagged") / "reviews.conll"
    rows = ("".join(f"{w} {t}\n" for w, t in zip(*each, strict=True)) for each in sentences(200))
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def trained(tagged: Path, tiny_model: Path, out: Path, **settings: object) -> Result:
    given = {"evaluate.resamples": 200, "train.learning_rate": 3e-3, **settings}
    adapt = str(given.pop("adapt", "full"))
    return afina.train(tagged, task="tag", model=str(tiny_model), adapt=adapt, settings=given, out=out)


@pytest.fixture(scope="module")
def finished(tagged: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tags"
    trained(tagged, tiny_model, folder, **{"train.epochs": 6})
    return folder


def test_it_learns_and_says_how_well(finished: Path) -> None:
    report = json.loads((finished / "report.json").read_text(encoding="utf-8"))
    assert report["test"]["span_f1"]["value"] > 0.95
    assert list(report["baselines"]) == ["word_tags", "word_shapes"]
    assert report["labels"] == ["B-THING", "B-WORTH", "I-THING", "O"]
    assert [one["label"] for one in report["per_span"]] == ["THING", "WORTH"]
    html = (finished / "report.html").read_text(encoding="utf-8")
    assert "Span by span" in html
    assert "tags:" in (finished / "model" / "README.md").read_text(encoding="utf-8")


def test_the_model_tags_texts_and_words(finished: Path) -> None:
    model = afina.load(finished)
    (text,) = model.predict(["The phone case, really great!"])
    assert text["words"] == ["The", "phone", "case", ",", "really", "great", "!"]
    assert text["tags"] == ["O", "B-THING", "I-THING", "O", "O", "B-WORTH", "O"]
    assert [(s["text"], s["label"], s["start"], s["end"]) for s in text["spans"]] == [
        ("phone case", "THING", 4, 14), ("great", "WORTH", 23, 28),
    ]  # fmt: skip
    assert all(0.5 < span["probability"] <= 1 for span in text["spans"])
    (words,) = model.predict([["bad", "phone", "case"]])
    assert [(s["start"], s["end"]) for s in words["spans"]] == [(0, 3), (4, 14)]
    long, empty = model.predict(["phone " * 100, ""])
    assert len(long["tags"]) == 100
    assert set(long["tags"][62:]) == {"O"}
    assert empty == {"words": [], "tags": [], "spans": []}


def test_it_is_measured_again_and_used_from_the_command_line(
    finished: Path, tagged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = afina.evaluate(finished, tagged)
    assert measured["rows"] == 200
    assert measured["metrics"]["span_f1"]["value"] > 0.95
    assert main(["predict", str(finished), "a bad phone case"]) == 0
    assert "THING  phone case" in capsys.readouterr().out
    out = tmp_path / "answers.jsonl"
    assert main(["predict", str(finished), "--file", str(tagged), "-o", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 200
    assert sum(row["tags"] == row["predicted_tags"] for row in rows) > 190
    texts = tmp_path / "texts.csv"
    texts.write_text("text\na great phone case\nbad\n", encoding="utf-8")
    assert main(["predict", str(finished), "--file", str(texts), "--json"]) == 0
    assert [one["tags"][-1] for one in json.loads(capsys.readouterr().out)] == ["I-THING", "B-WORTH"]
    assert main(["look", str(tagged), "--task", "tag", "--count", "1"]) == 0
    assert "O" in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("adapt", ["features", "top_blocks", "lora", "prompt"])
def test_other_methods_learn_too(adapt: str, tagged: Path, tiny_model: Path, tmp_path: Path) -> None:
    settings = {"train.epochs": 3, "train.learning_rate": 1e-2, "evaluate.baselines": []}
    result = trained(tagged, tiny_model, tmp_path / adapt, adapt=adapt, **settings)
    losses = [one["dev_loss"] for one in result.report["curves"]]
    assert len(losses) == 6
    assert min(losses) < 0.9 * losses[0]


def test_what_frozen_blocks_say_is_kept_and_changes_nothing(
    tagged: Path, tiny_model: Path, tmp_path: Path
) -> None:
    kept, plain = (
        trained(tagged, tiny_model, tmp_path / str(size), adapt="features",
                **{"train.epochs": 2, "train.cache_gigabytes": size})
        for size in (1, 0)
    )  # fmt: skip
    assert kept.report["test"]["tag_accuracy"] == plain.report["test"]["tag_accuracy"]
    losses = [[one["dev_loss"] for one in run.report["curves"]] for run in (kept, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
