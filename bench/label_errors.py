"""Wrong labels beside cleanlab: how many of those that were planted are found, and how many told are right.

In 5 % of the training rows the label is replaced by another one, drawn at random. Both sides see the same
features of the same model (minilm). "cleanlab" is CleanLearning with scikit-learn's logistic regression on
them, its defaults; "cleanlab on Afina's probabilities" is its find_label_issues on what Afina's models say
out of fold. Labels that were wrong before anything was planted count as false alarms on all sides. The last
column but one ranks all rows that a way suggests another label for, whether or not it tells them.

    pip install cleanlab
    python bench/label_errors.py [FOLDER …] [--seeds 5] [--share 0.05]

A FOLDER holds train, dev and test files of labelled texts; the product reviews of the demonstration are
always among the data.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.classification import CleanLearning
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from afina.demo import demo_recipe, product_reviews
from afina.evaluate.label_errors import label_errors, unseen
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe

RECALL = 0.6


def planted(truth: NDArray[Any], share: float, seed: int) -> tuple[NDArray[np.int64], set[int]]:
    """Labels (N,), and the rows whose label is another than before."""
    generator = np.random.default_rng(seed)
    rows, classes = truth.shape
    chosen = generator.choice(rows, int(rows * share), replace=False)
    given = truth.argmax(1)
    given[chosen] = (given[chosen] + generator.integers(1, classes, len(chosen))) % classes
    return given, set(chosen.tolist())


def found(
    prepared: Prepared, given: NDArray[np.int64], seed: int
) -> Iterator[tuple[str, list[int], list[int], float]]:
    """(way, rows told, all rows in doubt, processor seconds), worst first. Features are not timed."""
    train = prepared.dataset.splits.train
    truth = np.eye(len(prepared.tools.labels))[given]
    features = prepared.features["train"].numpy()
    texts = [example.text for example in train]
    groups = np.array([example.group or f"#{number}" for number, example in enumerate(train)])
    began = time.process_time()
    probabilities = unseen(texts, features, truth, np.ones(len(train)), seed=seed, groups=groups)
    told, doubted = (
        [each.index for each in errors]
        for errors in (label_errors(truth, probabilities), label_errors(truth, probabilities, odds=1))
    )
    yield "Afina", told, doubted, time.process_time() - began
    began = time.process_time()
    learnt = CleanLearning(LogisticRegression(max_iter=1000), seed=seed).find_label_issues(features, given)
    issues = learnt[learnt["is_label_issue"]].sort_values("label_quality")
    issues = issues.index.tolist()
    yield "cleanlab", issues, issues, time.process_time() - began
    began = time.process_time()
    ranked = find_label_issues(given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
    ranked = ranked.tolist()
    yield "cleanlab on Afina's probabilities", ranked, ranked, time.process_time() - began


def judged(told: Sequence[int], doubted: Sequence[int], wrong: set[int]) -> tuple[int, float, float, float]:
    """Rows told, precision, recall, and the precision of the first in doubt at a recall of 60 %, or 0."""
    hits = np.cumsum([row in wrong for row in doubted])
    enough = np.flatnonzero(hits >= RECALL * len(wrong))
    early = hits[enough[0]] / (enough[0] + 1) if len(enough) else 0.0
    right = sum(row in wrong for row in told)
    return len(told), right / max(1, len(told)), right / len(wrong), float(early)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.05)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        recipes: dict[str, Callable[[], Recipe]] = {
            "product reviews": lambda: demo_recipe(product_reviews(Path(scratch))),
        }
        for folder in options.folders:
            recipes[folder.name] = lambda path=folder: Recipe.of({"data": str(path), "model": "minilm"})
        print("| data | way | told | precision | recall | precision at recall 0.6 | seconds |")
        print("|---|---|--:|--:|--:|--:|--:|")
        for name, make in recipes.items():
            prepared = Prepared(make())
            cells: dict[str, list[tuple[float, ...]]] = {}
            for seed in range(options.seeds):
                given, wrong = planted(prepared.truth["train"], options.share, seed)
                for way, told, doubted, seconds in found(prepared, given, seed):
                    cells.setdefault(way, []).append((*judged(told, doubted, wrong), seconds))
            for way, values in cells.items():
                each = np.array(values)
                mean, low, high = each.mean(0), each.min(0), each.max(0)
                ranges = " | ".join(f"{mean[n]:.2f} [{low[n]:.2f}, {high[n]:.2f}]" for n in (1, 2, 3))
                print(f"| {name} | {way} | {mean[0]:.0f} | {ranges} | {mean[4]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
