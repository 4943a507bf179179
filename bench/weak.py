"""What labels from rules or from few annotators are worth, in labels by hand.

The same frozen network and the same kind of head learn from weak labels of all training rows, and from n
labels by hand: the first n rows of a permutation, so that smaller sets lie in greater ones, for several
permutations. Both choose the head's regularisation on the same hand-labelled development rows; the test rows
choose nothing. What is told is macro-F1 on test, and the n at which the mean over the permutations reaches
that of the weak labels, interpolated in log n. Its interval is that of resamples of the permutations and of
the test rows at once.

The folders hold train.jsonl, dev.jsonl and test.jsonl with the columns text and label; that of the ratings
also has a list of numbers from -4 to 4. The labels of train.jsonl are taken away before a function is asked.

    python bench/weak.py --comments FOLDER --ratings FOLDER [--seeds 10] [--out weak.json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afina.data.load import Data
from afina.data.targets import truth_of
from afina.data.weak.load import WeaklyLabelled, weakly_labelled
from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import Resampled, draws, resample
from afina.models.linear import fit_linear, predict_linear
from afina.recipe.load import compose, recipe_from
from afina.recipe.prepare import Prepared

RULES = Path(__file__).parent.parent / "recipes" / "weak.yaml"
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
RESAMPLES = 2000
F1 = metrics_of(["macro_f1"], multi_label=False)["macro_f1"]

Vector = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--comments", type=Path)
    parser.add_argument("--ratings", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, help="every measurement as JSON")
    options = parser.parse_args()
    found = {}
    if options.comments:
        rules = recipe_from(RULES).data.weak.plain()["functions"]
        ways = {f"ten rules, {model}": (rules, model) for model in ("majority", "weighted", "generative")}
        found["comments"] = measured(options.comments, ways, options.seeds)
    if options.ratings:
        ways = {
            f"{count} raters, {model}": (raters(count), model)
            for count in (1, 3, 5)
            for model in ("majority", "dawid_skene", "generative")
            if count > 1 or model == "majority"
        }
        found["ratings"] = measured(options.ratings, ways, options.seeds)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))


def raters(count: int) -> dict[str, Any]:
    """The first of those who rated."""
    ranges = {"negative": [None, -1], "neutral": [0, 0], "positive": [1, None]}
    names = [f"rater_{number}" for number in range(1, count + 1)]
    return {"raters": {"kind": "column", "columns": names, "ranges": ranges}}


def measured(folder: Path, ways: Mapping[str, tuple[dict[str, Any], str]], seeds: int) -> dict[str, Any]:
    """Prints the table of a data set, and returns it."""
    prepared = Prepared(compose({"data": {"path": str(folder), "text": "text", "label": "label"}}))
    truth = prepared.truth
    counts = draws(len(truth["test"]), RESAMPLES, 0)
    rows = len(truth["train"])
    sizes = [2**power for power in range(3, 20) if 2**power < rows] + [rows]
    by_hand: dict[int, list[Resampled]] = {size: [] for size in sizes}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(rows)
        for size in sizes:
            if size == rows and by_hand[size]:
                by_hand[size].append(by_hand[size][0])  # whatever the order
            else:
                by_hand[size].append(learnt(prepared, order[:size], truth["train"][order[:size]], counts))
    curve = np.array([[one.value for one in by_hand[size]] for size in sizes])
    resamples = np.array([[one.values for one in by_hand[size]] for size in sizes])
    told: dict[str, Any] = {"by_hand": {}, "weak": {}}
    learnt_by = {"all by hand": by_hand[rows][0]}
    print(f"\n{folder.name}: {rows} training rows, {len(truth['test'])} test rows, {seeds} permutations\n")
    for size, row in zip(sizes, curve, strict=True):
        told["by_hand"][size] = row.tolist()
        print(f"| {size} labels by hand | {row.mean():.3f} (from {row.min():.3f} to {row.max():.3f}) | |")
    for name, (functions, model) in ways.items():
        made = weak_labels(folder, functions, model)
        # Both files have the same rows on the same lines.
        place = {example.where.line: n for n, example in enumerate(prepared.dataset.splits.train)}
        chosen = np.array([place[example.where.line] for example in made.labelled])
        soft = truth_of(made.labelled, prepared.tools.labels)
        right = float((soft.argmax(1) == truth["train"][chosen].argmax(1)).mean())
        weak = learnt_by[name] = learnt(prepared, chosen, soft, counts)
        interval = weak.interval()
        worth = crossing(sizes, curve.mean(1), weak.value)
        low, high = worth_interval(sizes, resamples, weak.values)
        told["weak"][name] = {
            "rows": len(chosen), "right": right, **interval.plain(), "worth": worth, "low": low, "high": high,
        }  # fmt: skip
        print(
            f"| {name}: {len(chosen)} rows, {right:.3f} of the labels right | {interval.value:.3f} "
            f"[{interval.low:.3f}, {interval.high:.3f}] | {shown(worth, rows)} [{shown(low, rows)}, "
            f"{shown(high, rows)}] |"
        )
    print()
    for first, second in combinations(learnt_by, 2):
        # Those of the same functions, and each beside all labels by hand.
        if first == "all by hand" or first.split(",")[0] == second.split(",")[0]:
            found = learnt_by[second].minus(learnt_by[first])
            print(
                f"{second} over {first}: {found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}], "
                f"p = {found.p:.3f}"
            )
    return told


def weak_labels(folder: Path, functions: dict[str, Any], model: str) -> WeaklyLabelled:
    """What the functions say of the training rows, whose labels they are not given."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "train.jsonl"
        with (folder / "train.jsonl").open(encoding="utf-8") as source, path.open("w") as free:
            for line in source:
                row = {name: value for name, value in json.loads(line).items() if name != "label"}
                row |= {f"rater_{n}": value for n, value in enumerate(row.get("ratings", ()), 1)}
                free.write(json.dumps(row) + "\n")
        weak = {"functions": functions, "label_model": model}
        given = {"path": str(path), "dev": str(folder / "dev.jsonl"), "text": "text", "label": "label"}
        return weakly_labelled(Data.of({**given, "weak": weak}), 0)


def learnt(prepared: Prepared, rows: NDArray[np.int64], targets: Vector, counts: NDArray[Any]) -> Resampled:
    """A head on the frozen network, learnt from these rows; its macro-F1 on test."""
    features = {split: values.numpy().astype(np.float64) for split, values in prepared.features.items()}
    weights = np.ones(len(rows))
    heads = [fit_linear(features["train"][rows], targets, weights, c=c, multi_label=False) for c in STRENGTHS]
    dev = [float(F1(prepared.truth["dev"], predict_linear(features["dev"], *head, multi_label=False)))
           for head in heads]  # fmt: skip
    best = heads[int(np.argmax(dev))]
    answered = predict_linear(features["test"], *best, multi_label=False)
    return resample(F1, prepared.truth["test"], answered, counts)


def crossing(sizes: list[int], curve: Vector, value: float) -> float:
    """The n at which the curve, taken as never falling, first reaches a value; infinite if it does not."""
    rising = np.maximum.accumulate(curve)
    if value > rising[-1]:
        return float("inf")
    at = int(np.searchsorted(rising, value))
    if at == 0:
        return float(sizes[0])
    share = (value - rising[at - 1]) / (rising[at] - rising[at - 1])
    return float(np.exp(np.interp(share, (0, 1), np.log(sizes[at - 1 : at + 1]))))


def worth_interval(sizes: list[int], by_hand: Vector, weak: Vector) -> tuple[float, float]:
    """The middle 95 % over resamples of the permutations and of the test rows.

    Args:
        by_hand: (sizes, permutations, B) on the resamples of the test rows.
        weak: (B,) on the same.
    """
    generator = np.random.default_rng(0)
    permutations = by_hand.shape[1]
    found = [
        crossing(sizes, by_hand[:, generator.integers(0, permutations, permutations), b].mean(1), value)
        for b, value in enumerate(weak)
    ]
    low, high = np.sort(found)[[int(0.025 * len(found)), int(0.975 * len(found))]]
    return float(low), float(high)


def shown(worth: float, rows: int) -> str:
    if worth <= 8:
        return "8 or fewer"
    return f"{worth:.0f}" if np.isfinite(worth) else f"over {rows}"


if __name__ == "__main__":
    main()
