"""How often the 95 % intervals hold the true value: many small test sets drawn from one large set.

Two TF-IDF classifiers learn from different training rows of a folder. What they reach on all other rows is
the true value; test sets of several sizes are drawn from those rows with replacement, as drawing without it
would make large sets look better than they are, and the first classifier has an interval on each. Misses
are told by their side: an interval too high lies above the true value. Their difference has a paired interval
on each set, which should hold their difference on all rows.

For false alarms the answers of the two change places in every row by the toss of a coin, so that neither is
better: a paired test should still find a difference in 5 % of the sets. With 1,000 test sets a share is
known to about 1.4 points (two standard errors).

    python bench/coverage.py FOLDER … [--metrics macro_f1 accuracy] [--sizes 50 100 200 400] [--sets 1000]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from afina.evaluate.baselines.words import bag_of_words
from afina.evaluate.metrics import Metric, metrics_of
from afina.evaluate.statistics import draws, resample_parts
from afina.models.linear import fit_linear, predict_linear

#: Resamples that test sets of one size take in turn.
POOL = 20


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    given.add_argument("--metrics", nargs="+", default=["macro_f1", "accuracy"])
    given.add_argument("--sizes", type=int, nargs="+", default=[50, 100, 200, 400])
    given.add_argument("--sets", type=int, default=1000)
    given.add_argument("--train", type=int, default=800)
    given.add_argument("--resamples", type=int, default=1000)
    options = given.parse_args()
    print(
        "| set | metric | true | rows | covered | too high | too low | uncorrected | difference "
        "| difference uncorrected | false alarms |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for folder in options.folders:
        truth, first, second = answers(folder, options.train)
        for kind, metric in metrics_of(options.metrics, multi_label=False).items():
            parts = metric.contributions(truth, first), metric.contributions(truth, second)
            whole = float(metric(truth, first)), float(metric(truth, second))
            for size in options.sizes:
                shares = covered(metric, *parts, whole, size, options.sets, options.resamples)
                told = " | ".join(f"{share:.3f}" for share in shares)
                print(f"| {folder.name} | {kind} | {whole[0]:.3f} | {size} | {told} |", flush=True)


def answers(folder: Path, train: int) -> tuple[NDArray[np.float64], ...]:
    """(N, C) each: the truth of the rows that neither classifier has seen, and what each says."""
    texts, labels = _rows(folder)
    names = sorted(set(labels))
    truth = np.eye(len(names))[[names.index(label) for label in labels]]
    order = np.random.default_rng(0).permutation(len(texts))
    rest = order[2 * train :]
    said = []
    for learn, c in ((order[:train], 10.0), (order[train : 2 * train], 1.0)):
        bag = bag_of_words()
        vectors = bag.fit_transform([texts[n] for n in learn])
        weight, bias = fit_linear(vectors, truth[learn], np.ones(train), c=c, multi_label=False)
        unseen = bag.transform([texts[n] for n in rest])
        said.append(predict_linear(unseen, weight, bias, multi_label=False))
    return truth[rest], *said


def covered(
    metric: Metric,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    whole: tuple[float, float],
    size: int,
    sets: int,
    resamples: int,
) -> tuple[float, ...]:
    """Shares of the test sets: covered, too high, too low, covered without the corrections; the difference
    covered, and so without them; false alarms."""
    value, gap = whole[0], whole[0] - whole[1]
    generator = np.random.default_rng([1, size])
    pool = [draws(size, resamples, seed) for seed in range(POOL)]
    found = []
    for number in range(sets):
        drawn, counts = generator.integers(0, len(first), size), pool[number % POOL]
        one, two = (resample_parts(metric, parts[drawn], counts) for parts in (first, second))
        corrected, plain = one.interval(), replace(one, corrected=one.values).interval()
        apart, bare = one.minus(two), replace(one, disagreeing=None).minus(two)
        tossed = generator.random((size, 1)) < 0.5
        a, b = (
            resample_parts(metric, np.where(tossed, x[drawn], y[drawn]), counts)
            for x, y in ((first, second), (second, first))
        )
        found.append(
            (
                corrected.low <= value <= corrected.high,
                corrected.low > value,
                corrected.high < value,
                plain.low <= value <= plain.high,
                apart.low <= gap <= apart.high,
                bare.low <= gap <= bare.high,
                a.minus(b).p <= 0.05,
            )
        )
    return tuple(np.mean(found, axis=0))


def _rows(folder: Path) -> tuple[list[str], list[str]]:
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [row["text"] for row in rows], [row["label"] for row in rows]


if __name__ == "__main__":
    main()
