"""How often the 95 % intervals hold the true value: many small test sets drawn from one large set.

A TF-IDF classifier learns from the training rows of a folder. What it reaches on all other rows is the true
value; test sets of several sizes are drawn from those rows without replacement, and each gives an interval.
With 1,000 test sets the share itself is known to about 1.4 points (two standard errors).

    python bench/coverage.py FOLDER [--sizes 50 100 200 400] [--sets 1000] [--train 800]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from afina.evaluate.baselines.words import bag_of_words
from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import interval
from afina.models.linear import fit_linear, predict_linear

METRICS = ("macro_f1", "accuracy")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("folder", type=Path)
    given.add_argument("--sizes", type=int, nargs="+", default=[50, 100, 200, 400])
    given.add_argument("--sets", type=int, default=1000)
    given.add_argument("--train", type=int, default=800)
    given.add_argument("--resamples", type=int, default=1000)
    options = given.parse_args()
    texts, labels = _rows(options.folder)
    names = sorted(set(labels))
    truth = np.eye(len(names))[[names.index(label) for label in labels]]
    generator = np.random.default_rng(0)
    order = generator.permutation(len(texts))
    learn, rest = order[: options.train], order[options.train :]
    bag = bag_of_words()
    vectors = bag.fit_transform([texts[n] for n in learn])
    weight, bias = fit_linear(vectors, truth[learn], np.ones(len(learn)), c=10.0, multi_label=False)
    said = predict_linear(bag.transform([texts[n] for n in rest]), weight, bias, multi_label=False)
    truth = truth[rest]
    metrics = metrics_of(METRICS, multi_label=False)
    print(f"{len(rest)} rows, {options.sets} test sets of each size")
    for kind, metric in metrics.items():
        whole = float(metric(truth, said))
        for size in options.sizes:
            held = []
            for number in range(options.sets):
                drawn = generator.choice(len(rest), size, replace=False)
                found = interval(metric, truth[drawn], said[drawn], seed=number, resamples=options.resamples)
                held.append((found.low <= whole, whole <= found.high))
            below, above = np.mean(held, axis=0)
            both = below + above - 1
            misses = f"too high {1 - below:.3f}, too low {1 - above:.3f}"
            print(f"{kind} {whole:.3f} size {size}: {both:.3f} ({misses})")


def _rows(folder: Path) -> tuple[list[str], list[str]]:
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [row["text"] for row in rows], [row["label"] for row in rows]


if __name__ == "__main__":
    main()
