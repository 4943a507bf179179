"""The rows that the benchmarks train and test on, written once and read by every side."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from afina.data.example import Example
from afina.data.load import Data
from afina.demo import demo_recipe, product_reviews
from afina.models.source import resolve
from afina.recipe.prepare import Prepared

__all__ = ["DATA", "LABELS", "SEED", "all_texts", "draw", "labelled", "read", "write"]

DATA = ("products", "movies")
LABELS = ("negative", "neutral", "positive")
SEED = 0
#: Rows of the dev and test splits that Afina insists on. The real test rows are kept apart and answered by
#: both sides after the clock has stopped.
_FEW = 32
_FILES = {
    "movies": "movieReviewSnippets_GroundTruth.txt",
    "products": "amazonReviewSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
    "editorials": "nytEditorialSnippets_GroundTruth.txt",
}


def write(data: str, folder: Path, rows: int | None, dev: int | None = _FEW) -> None:
    """Splits ``data`` 70/10/20 and writes ``split/`` for training and ``test.jsonl`` into ``folder``.

    Args:
        rows: how many training rows to take, drawn with a fixed seed; None for all.
        dev: how many development rows; None for all.
    """
    table = product_reviews(folder) if data == "products" else _movies(folder)
    recipe = demo_recipe(table, SEED)
    if data != "products":
        recipe = recipe.model_copy(update={"data": Data(path=str(table), text="text", label="label")})
    splits = Prepared(recipe).dataset.splits
    order = np.random.default_rng(SEED).permutation(len(splits.train))[:rows]
    (folder / "split").mkdir()
    _write(folder / "split" / "train.jsonl", (splits.train[number] for number in order))
    _write(folder / "split" / "dev.jsonl", splits.dev[:dev])
    _write(folder / "split" / "test.jsonl", splits.test[:_FEW])
    _write(folder / "test.jsonl", splits.test)


def draw(folder: Path, per_class: int, seed: int) -> Path:
    """A folder like ``split/`` whose training rows are ``per_class`` of each label, another draw a seed."""
    _texts, labels = read(folder / "split" / "train.jsonl")
    lines = (folder / "split" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    generator = np.random.default_rng([SEED, seed])
    chosen = [
        number
        for label in range(len(LABELS))
        for number in generator.choice(np.flatnonzero(np.array(labels) == label), per_class, replace=False)
    ]
    few = folder / f"few-{per_class}-{seed}"
    few.mkdir(exist_ok=True)
    (few / "train.jsonl").write_text("\n".join(lines[n] for n in chosen) + "\n", encoding="utf-8")
    for name in ("dev.jsonl", "test.jsonl"):
        (few / name).write_bytes((folder / "split" / name).read_bytes())
    return few


def read(path: Path) -> tuple[list[str], list[int]]:
    """Texts, and the number of each one's label."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows], [LABELS.index(row["label"]) for row in rows]


def labelled(name: str, count: int) -> tuple[list[str], list[int]]:
    """``count`` texts of another kind, drawn with a fixed seed, and the numbers of their labels."""
    lines = list(_lines(name))
    order = np.random.default_rng(SEED).permutation(len(lines))[:count]
    return [lines[n][2] for n in order], [LABELS.index(_label(lines[n][1])) for n in order]


def all_texts(count: int) -> list[str]:
    """``count`` sentences about films and products, of tweets and editorials, drawn with a fixed seed."""
    texts = [text for name in _FILES for _number, _mean, text in _lines(name)]
    order = np.random.default_rng(SEED).permutation(len(texts))[:count]
    return [texts[number] for number in order]


def _lines(name: str) -> Iterable[list[str]]:
    source = resolve("vader-reviews").folder / _FILES[name]
    for line in source.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.count("\t") >= 2:
            yield line.split("\t", 2)


def _movies(folder: Path) -> Path:
    """The sentences about films as a table, labelled like those about products."""
    path = folder / "movies.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for _number, mean, text in _lines("movies"):
            writer.writerow((text, _label(mean)))
    return path


def _label(mean: str) -> str:
    """Of the mean of twenty ratings from -4 to 4."""
    rating = float(mean)
    return LABELS[0 if rating <= -0.5 else 2 if rating >= 0.5 else 1]


def _write(path: Path, examples: Iterable[Example]) -> None:
    lines = [json.dumps({"text": example.text, "label": example.label}) for example in examples]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
