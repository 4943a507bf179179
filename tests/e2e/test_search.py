"""Searches end to end on a tiny model: what a run leaves, says and can be asked afterwards."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import afina
from afina.cli import main
from afina.errors import DataError, RecipeError
from afina.recipe.recipe import Recipe
from afina.run import run, search
from conftest import WORDS

METRICS = {"ndcg_10", "mrr_10", "recall_10", "recall_100"}
#: What questions call a thing, and what documents call it: words alone do not find one by the other.
PAIRS = {
    "phone": "perfect", "camera": "terrible", "battery": "excellent", "screen": "poor", "sound": "nice",
    "price": "average", "case": "loved", "strap": "hated", "charger": "broke", "box": "great",
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """130 questions about ten documents that share no word with them but one that all have."""
    draw = random.Random(0)
    fill = [word for word in WORDS if word.isalpha() and word not in {*PAIRS, *PAIRS.values()}]
    half, rows = len(fill) // 2, []
    documents = {one: " ".join(["it", *draw.sample(fill[half:], 8), answer]) for one, answer in PAIRS.items()}
    for number in range(130):
        asked = list(PAIRS)[number % len(PAIRS)]
        question = [*draw.sample(fill[:half], 4), asked, "it"]
        draw.shuffle(question)
        rows.append({"question": " ".join(question), "document": documents[asked]})
    path = tmp_path_factory.mktemp("questions") / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def trained(folder: Path, table: Path, model: Path, task: dict[str, Any], **train: Any) -> Path:
    recipe = Recipe.of(
        {
            "data": str(table), "model": {"name": str(model), "pooling": "mean"}, "task": task,
            "evaluate": {"resamples": 200},
            "train": {"epochs": 15, "batch": 16, "learning_rate": 3e-3, "patience": 100, **train},
        }
    )  # fmt: skip
    run(recipe, out=folder)
    return folder


@pytest.fixture(scope="module")
def embedder(tiny_model: Path, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    task = {"kind": "embed", "query_prefix": "it ", "document_prefix": "the "}
    return trained(tmp_path_factory.mktemp("runs") / "embedder", table, tiny_model, task)


def told(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_the_report_of_vectors(embedder: Path) -> None:
    report = told(embedder)
    assert set(report["test"]) == METRICS
    assert list(report["baselines"]) == ["tfidf_search", "bm25", "untrained"]
    assert report["test"]["ndcg_10"]["value"] > report["baselines"]["untrained"]["ndcg_10"]["value"]
    assert report["test"]["ndcg_10"]["value"] > report["baselines"]["bm25"]["ndcg_10"]["value"]
    assert report["measured"]["test"] == report["rows"]["test"]
    values = [one["value"] for one in report["searches"]]
    assert values == sorted(values)
    assert {"question", "where", "value", "found", "expected"} == set(report["searches"][0])
    assert "Questions that it serves worst" in (embedder / "report.html").read_text(encoding="utf-8")
    card = (embedder / "model" / "README.md").read_text(encoding="utf-8")
    assert "sentence-similarity" in card
    assert "afina search" in card


def test_vectors_have_length_one_and_are_those_of_sentence_transformers(embedder: Path) -> None:
    texts = ["the phone is great", "a strap , late", "this battery was awful and it broke"]
    vectors = np.array([one["vector"] for one in afina.predict(embedder, texts)])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    library = pytest.importorskip("sentence_transformers")
    model = library.SentenceTransformer(str(embedder / "model"), device="cpu")
    np.testing.assert_allclose(model.encode(texts, prompt_name="document"), vectors, atol=1e-6)


def test_the_measurement_is_that_of_the_model_on_other_data(embedder: Path, table: Path) -> None:
    measured = afina.evaluate(embedder, table)
    assert measured["rows"] == 130
    assert set(measured["metrics"]) == METRICS
    assert measured["metrics"]["ndcg_10"]["value"] >= told(embedder)["test"]["ndcg_10"]["low"]


def test_searching_on_the_command_line(
    embedder: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["search", str(embedder), "my strap ?", "--in", str(table), "--top", "3"]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 3
    assert "hated" in found[0]["text"]
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True)
    assert main(arguments) == 0
    assert found[0]["text"] in capsys.readouterr().out


def test_predicting_on_the_command_line(
    embedder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "texts.txt").write_text("the phone\na strap\n", encoding="utf-8")
    out = tmp_path / "vectors.jsonl"
    assert main(["predict", str(embedder), "--file", str(tmp_path / "texts.txt"), "-o", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [len(row["vector"]) for row in rows] == [32, 32]
    assert main(["predict", str(embedder), "the phone"]) == 0
    assert "(32 numbers)" in capsys.readouterr().out


def test_frozen_blocks_are_kept_text_by_text(table: Path, tiny_model: Path, tmp_path: Path) -> None:
    """The same model with and without what the frozen blocks said before."""
    reports = []
    for name, gigabytes in (("kept", 1.0), ("not", 0.0)):
        recipe = Recipe.of(
            {
                "data": str(table), "model": str(tiny_model), "task": "embed",
                "adapt": {"kind": "top_blocks", "blocks": 1}, "evaluate": {"resamples": 100},
                "train": {"epochs": 1, "cache_gigabytes": gigabytes},
            }
        )  # fmt: skip
        reports.append(run(recipe, out=tmp_path / name).report)
    losses = [[point["dev_loss"] for point in report["curves"]] for report in reports]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_a_head_alone_learns_no_search(table: Path) -> None:
    with pytest.raises(RecipeError, match="with 'features' only a head learns"):
        afina.check(str(table), task="embed", adapt="features")


@pytest.fixture(scope="module")
def ranker(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on questions whose words stand in three documents, of which the perfect one answers."""
    draw = random.Random(0)
    fill = [word for word in WORDS if word.isalpha() and word not in {*PAIRS, *PAIRS.values()}]
    # By words alone the short ones come first.
    half, words = len(fill) // 2, (("perfect", 9), ("terrible", 5), ("poor", 5))
    documents = {
        one: [" ".join([*draw.sample(fill[half:], size), one, word]) for word, size in words] for one in PAIRS
    }  # fmt: skip
    rows = []
    for number in range(130):
        asked = list(PAIRS)[number % len(PAIRS)]
        right, *wrong = documents[asked]
        question = " ".join([*draw.sample(fill[:half], 4), asked])
        rows.append({"question": question, "document": right, "negative": wrong[number % 2]})
    folder = tmp_path_factory.mktemp("ranked")
    path = folder / "ranked.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    task = {"kind": "rank", "mined": 2, "top": 10}
    return trained(folder / "ranker", path, tiny_model, task, epochs=4, batch=32)


def test_the_report_of_an_order(ranker: Path) -> None:
    report = told(ranker)
    assert list(report["baselines"]) == ["tfidf_search", "bm25", "untrained"]
    assert report["test"]["ndcg_10"]["value"] > report["baselines"]["bm25"]["ndcg_10"]["value"]
    # What BM25 does not find cannot be put in order.
    assert report["test"]["recall_100"] == report["baselines"]["bm25"]["recall_100"]
    assert report["measured"]["test"] < report["rows"]["test"]
    assert "text-ranking" in (ranker / "model" / "README.md").read_text(encoding="utf-8")


def test_pairs_are_scored_and_single_texts_are_refused(ranker: Path) -> None:
    model = afina.load(ranker)
    scores = [one["score"] for one in model.predict([("a b", "c"), ("it is a strap", "hated it")])]
    assert all(0 < score < 1 for score in scores)
    with pytest.raises(DataError, match="this model scores pairs of a question and a document"):
        model.predict(["the phone"])


def test_a_ranker_searches_by_words_first(ranker: Path, table: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents.jsonl"
    texts = ["it is hated , a strap", "it is great", "never"]
    documents.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    found = search(ranker, "is it ?", documents)
    assert {one["text"] for one in found} == set(texts[:2])  # the third shares no word
    assert search(ranker, "perfect", documents) == []
    measured = afina.evaluate(ranker, table)
    assert measured["rows"] == 130
    assert measured["metrics"]["ndcg_10"]["value"] > 0
