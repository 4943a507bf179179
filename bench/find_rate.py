"""Is the rate that ``afina find-rate`` suggests a good one to begin with? Beside the default and a grid.

For each folder and method a rate is found on a sample of the training rows. The same rows are then trained
on with that rate, with a tenth of the rate of the smallest loss (another usual advice), and with five rates
around the default of the method, which is the one in the middle. All are measured on development rows after
the last step; no test row is used. The best of the grid was chosen on those rows, and the suggestion was not.

Without a folder: what noise does to rules, on 300 made curves a line. The loss falls from 1 by a logistic
curve in the power of ten of the rate, of some width, and rises again. What is told of each rule is the
standard deviation of that power.

    python bench/find_rate.py [FOLDER …] [--model minilm] [--adapt full lora] [--rows 400] [--seeds 0]

A FOLDER holds train.jsonl, dev.jsonl and test.jsonl with the columns text and label.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from afina.decide.attempt import attempt
from afina.decide.find_rate import BEFORE, find_rate, suggested
from afina.errors import RunError
from afina.recipe.load import compose
from afina.recipe.recipe import Recipe

METHODS: dict[str, Any] = {
    "full": "full",
    "lora": "lora",
    "head": {"kind": "features", "head": "trained"},
}
#: Development rows at most, and tokens of a text.
DEV, TOKENS = 200, 128
#: The grid, as multiples of the default.
GRID = (0.1, 0.3, 1.0, 3.0, 10.0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--adapt", nargs="+", default=["full", "lora"], choices=METHODS)
    parser.add_argument("--rows", type=int, default=400, help="training rows at most")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of the sample and of training")
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()
    if not options.folders:
        noise()
        return
    grid = " | ".join(f"{share:g} × default" for share in GRID)
    print(f"| set | method | seed | suggested | a tenth of the lowest | {grid} |")
    print("|---" * (5 + len(GRID)) + "|")
    for folder in options.folders:
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as scratch:
                data = Path(scratch) / "data"
                write(folder, data, {"train": options.rows, "dev": DEV, "test": DEV}, seed)
                for adapt in options.adapt:
                    recipe = compose(
                        {
                            "data": {"path": str(data)},
                            "model": {"name": options.model, "max_length": TOKENS},
                            "adapt": METHODS[adapt],
                            "train": {"epochs": options.epochs, "evaluate_every": 10_000},
                            "seed": seed,
                        }
                    )
                    cells = " | ".join(measured(recipe))
                    print(f"| {folder.name} | {adapt} | {seed} | {cells} |", flush=True)


def noise() -> None:
    rates, generator = np.geomspace(1e-7, 1e-1, 100), np.random.default_rng(0)
    powers = np.log10(rates)
    print("| fall | width | noise of a loss | half-way | steepest | lowest | refused |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for fall, width, deviation in ((0.6, 0.25, 0.2), (0.4, 0.5, 0.15), (0.4, 0.5, 0.3), (0.0, 0.5, 0.2)):
        curve = 1 - fall / (1 + np.exp(-(powers + 4) / width)) + (fall + 0.1) * (powers > -2.2)
        said = []
        for _ in range(300):
            with suppress(RunError):
                found = suggested(rates, curve + deviation * generator.normal(size=100), usual=1e-4)
                until = found.rates.index(found.lowest) + 1
                steepest = BEFORE + np.gradient(found.losses[:until])[BEFORE:].argmin()
                said.append((found.suggested, rates[steepest], found.lowest))
        spread = " | ".join(f"{value:.2f}" for value in np.log10(said).std(0))
        print(f"| {fall:g} | {width:g} | {deviation:g} | {spread} | {1 - len(said) / 300:.0%} |")


def write(folder: Path, out: Path, most: Mapping[str, int], seed: int) -> None:
    """The splits with fewer rows."""
    out.mkdir()
    for name, count in most.items():
        lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        drawn = random.Random(seed).sample(lines, min(count, len(lines)))
        rows = [{key: json.loads(line)[key] for key in ("text", "label")} for line in drawn]
        (out / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def measured(recipe: Recipe) -> list[str]:
    """The metric on dev with each rate, and the rate."""
    found = find_rate(recipe)
    rates = (found.suggested, found.lowest / 10, *(share * found.usual for share in GRID))
    return [f"{value(recipe, rate):.3f} ({rate:.1e})" for rate in rates]


def value(recipe: Recipe, rate: float) -> float:
    plain: dict[str, Any] = recipe.plain()
    with tempfile.TemporaryDirectory() as scratch:
        return attempt(
            compose(plain | {"train": plain["train"] | {"learning_rate": rate}}), Path(scratch) / "run"
        ).value


if __name__ == "__main__":
    main()
