"""Runs that ask a language model beside what they train, on tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import afina
import talkers
from afina.errors import RecipeError
from afina.train.log import Event

QUICK = {"evaluate.resamples": 100, "evaluate.label_errors": 0}


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkers.write(tmp_path_factory.mktemp("talker") / "talker", positions=2048)


def test_prompts_for_labels_stand_beside_what_was_trained(
    tiny_model: Path, talker: Path, small_table: Path, tmp_path: Path
) -> None:
    asked = [
        {"kind": "retrieval", "model": str(talker), "examples": 1, "by": "bm25"},
        {"kind": "zero_shot", "model": str(talker), "words": {"neutral": "so so"}},
        "majority",
    ]
    result = afina.train(
        small_table, model=str(tiny_model), adapt="features",
        settings={**QUICK, "evaluate.baselines": asked}, out=tmp_path / "run",
    )  # fmt: skip
    report = result.report
    # In the order of their table, cheapest first.
    assert list(report["baselines"]) == ["majority", "zero_shot", "retrieval"]
    assert report["recipe"]["evaluate"]["baselines"] == asked
    for name in ("zero_shot", "retrieval"):
        assert {"macro_f1", "accuracy", "log_loss", "seconds", "size_bytes"} <= report["baselines"][
            name
        ].keys()
    page = (result.run / "report.html").read_text(encoding="utf-8")
    assert "Prompt without examples" in page
    assert "Prompt with retrieved examples" in page


def test_what_cannot_answer_is_told_where_it_was_asked_for(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    numbers = {"negative": "0", "neutral": "1", "positive": "2"}
    table = tmp_path / "numbers.csv"
    lines = small_table.read_text(encoding="utf-8").splitlines()
    rows = [",".join([(row := line.rsplit(",", 1))[0], numbers[row[1]]]) for line in lines[1:]]
    table.write_text("\n".join([lines[0], *rows]), encoding="utf-8")
    events: list[Event] = []
    settings = {**QUICK, "evaluate.baselines": ["majority", "zero_shot"]}
    report = afina.train(
        table, model=str(tiny_model), adapt="features", settings=settings, out=tmp_path / "run",
        listen=events.append,
    ).report  # fmt: skip
    assert list(report["baselines"]) == ["majority"]
    told = [event.data["text"] for event in events if event.kind == "warning"]
    assert "'zero_shot' is left out: it cannot answer such data." in told
    wrong = {**QUICK, "evaluate.baselines": [{"kind": "zero_shot", "words": {"3": "great"}}]}
    with pytest.raises(RecipeError, match=r"evaluate\.baselines\.0\.words: the data have no label \"3\""):
        afina.train(table, model=str(tiny_model), settings=wrong, out=tmp_path / "wrong")


def test_a_model_that_answers_is_shown_documents(talker: Path, tmp_path: Path) -> None:
    data, documents = tmp_path / "talks.jsonl", tmp_path / "documents"
    documents.mkdir()
    (documents / "prices.md").write_text(
        "# Prices\n\nItem 3 costs 3 pesos.\n\nItem 7 costs 7 pesos.\n", "utf-8"
    )
    rows = [{"prompt": f"What does item {n} cost?", "response": f"It costs {n} pesos."} for n in range(60)]
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    settings = {
        "evaluate.resamples": 100, "task.answered": 2, "task.answers.max_tokens": 4, "task.general": False,
        "train.epochs": 1, "evaluate.baselines": [{"kind": "documents", "path": str(documents)}],
    }  # fmt: skip
    report = afina.train(
        data, task="generate", model=str(talker), adapt="lora", settings=settings, out=tmp_path / "run"
    ).report
    assert list(report["baselines"]) == ["untrained", "documents"]
    before, shown = (report["baselines"][name]["perplexity"]["value"] for name in ("untrained", "documents"))
    assert before != shown
    assert {"documents"} == report["answers"][0]["prompted"].keys()
