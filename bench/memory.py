"""Memory that was predicted beside memory that was used.

Every setting is a training of a few steps on texts of one length, in a process of its own: first the
prediction that ``afina check`` makes, then the training, then the most memory that the process has held.

    python bench/memory.py [--only minilm] [--out memory.json]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from afina.adapt import METHODS
from afina.data.load import Data
from afina.models.load import Model
from afina.models.source import resolve
from afina.recipe.memory import memory
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.tasks import TASKS
from afina.train.checkpoint import Checkpoints
from afina.train.fit import Train, fit

STEPS = 3


@dataclass(frozen=True)
class Setting:
    """What is trained."""

    model: str
    adapt: str
    length: int
    batch: int


def settings() -> list[Setting]:
    grid = {
        "minilm": (("full", "lora", "top_blocks"), (64, 256), (8, 32)),
        "e5-small": (("full", "lora"), (64, 256), (8, 16)),
        "smollm2-135m": (("full", "lora", "top_blocks"), (128, 384), (2, 8)),
    }
    return [
        Setting(model, adapt, length, batch)
        for model, (methods, lengths, batches) in grid.items()
        for adapt in methods
        for length in lengths
        for batch in batches
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", help="models")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        print(json.dumps(measured(Setting(**json.loads(options.cell)))))
        return
    found = []
    for setting in settings():
        if options.only and setting.model not in options.only:
            continue
        command = [sys.executable, __file__, "--cell", json.dumps(asdict(setting))]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found.append({**asdict(setting), **json.loads(done.stdout.splitlines()[-1])})
        print(line(found[-1]), file=sys.stderr, flush=True)
    print("\n".join(table(found)))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(setting: Setting) -> dict[str, Any]:
    """The prediction, and the peak of the training."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        generates = setting.model.startswith(("smollm", "gemma"))
        write(folder / "texts.jsonl", setting.length, setting.batch * (STEPS + 2) + 12, generates)
        prepared = Prepared(
            Recipe(
                data=Data(path=str(folder / "texts.jsonl")),
                model=Model(name=setting.model, max_length=setting.length),
                task=TASKS.make("generate" if generates else "classify"),
                adapt=METHODS.make(setting.adapt),
                train=Train(epochs=1, batch=setting.batch, evaluate_every=10**9, cache_gigabytes=0),
            )
        )
        job = next(prepared.trainings()).job
        predicted = memory(job)
        fit(job, Checkpoints(folder, "", print), resume=False)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {**predicted.plain(), "reached": predicted.reached, "peak": peak}


def write(path: Path, length: int, rows: int, generates: bool) -> None:
    """Sentences of editorials in a random order, more than enough for ``length`` tokens a row."""
    source = resolve("vader-reviews").folder / "nytEditorialSnippets_GroundTruth.txt"
    sentences = [line.split("\t", 2)[2] for line in source.read_text(encoding="utf-8").splitlines()]
    draw = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for number in range(max(rows, 40)):
            # A text that is to be classified is cut; one that is to be learnt would be read in pieces.
            text = " ".join(draw.sample(sentences, 1 + length // 32 if generates else 3 + length // 8))
            row = {"text": text} if generates else {"text": text, "label": "ab"[number % 2]}
            file.write(json.dumps(row) + "\n")


def line(found: dict[str, Any]) -> str:
    error = found["expected"] / found["peak"] - 1
    inside = "yes" if found["low"] <= found["peak"] <= found["high"] else "NO"
    return (
        f"| {found['model']} | {found['adapt']} | {found['length']} | {found['batch']} |"
        f" {found['expected'] / 1e9:.2f} [{found['low'] / 1e9:.2f}, {found['high'] / 1e9:.2f}] |"
        f" {found['peak'] / 1e9:.2f} | {100 * error:+.0f} % | {inside} |"
    )


def table(found: Sequence[dict[str, Any]]) -> list[str]:
    errors = [abs(one["expected"] / one["peak"] - 1) for one in found]
    inside = sum(one["low"] <= one["peak"] <= one["high"] for one in found)
    return [
        "| model | method | tokens | batch | predicted, GB | used, GB | error | inside |",
        "|---|---|--:|--:|--:|--:|--:|---|",
        *map(line, found),
        "",
        f"{inside} of {len(found)} inside; the largest error of the middle is {100 * max(errors):.0f} %.",
    ]


if __name__ == "__main__":
    main()
