"""What the ladder recommends beside every way run in full: is it as good, and what did climbing save?

For each folder of labelled texts the ladder is climbed once. Then every way that the task has is tried by
itself, also those that the ladder left out: in a process of its own that reads the data, loads the model and
finds no caches. All then answer the test rows, which neither side chose anything by, unless the ladder says
so (reason `test_rows`). What the ladder recommends is compared with each of the others there (paired
bootstrap, p-values by Holm), above all with the one that did best on the development rows.

Time is what the processor worked, on one thread, from the start of a process: it can be compared on a machine
that does other work. Interpolation is charged on both sides with what it takes beyond the training it uses.

    python bench/ladder.py FOLDER … [--rows 1000] [--model minilm] [--out ladder.json]

A FOLDER holds train, dev and test files of texts and labels.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afina.data.load import Data
from afina.decide.attempt import attempt, on_test_rows
from afina.decide.beside import beside, proven
from afina.decide.climb import Climb
from afina.decide.interpolated import Interpolated
from afina.decide.ladder import ladder
from afina.decide.rules import Rules
from afina.decide.rung import TRAINED, Rung, stored
from afina.decide.runner import Here
from afina.evaluate.statistics import Resampled, draws, resample
from afina.measuring import MEASURING
from afina.models.load import Model
from afina.models.packages import cache_folder
from afina.recipe.check import problems
from afina.recipe.recipe import Recipe
from afina.train.log import ignore

#: Development and test rows that are taken at most.
MOST = {"dev": 500, "test": 1000}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument(
        "--rows", type=int, default=1000, help="training rows at most, drawn with a fixed seed"
    )
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--out", type=Path, help="every measurement as JSON, also while it goes on")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        cell(options)
        return
    done = []
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as scratch:
            options.scratch = Path(scratch)
            done.append({"data": folder.name, "model": options.model, **one(folder, options)})
        print("\n".join(told(done[-1])), flush=True)
        if options.out:
            options.out.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


def one(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The ladder, every way by itself, and both compared."""
    write(folder, options.scratch / "data", options.rows)
    found = run("ladder", options)
    tried = {name: run(name, options) for name in (*names(options), "interpolate")}
    typed = {kind: commanded(kind, options) for kind in (*tuned_kinds(options), "interpolate")}
    ways = {name: way for name, way in tried.items() if (options.scratch / name / "answers.npz").exists()}
    recipe = made(options)
    climb = climbing(recipe, options.scratch / "unused")
    truth = MEASURING[recipe.task.measured_by](climb.prepared)
    values = {}
    for split in ("dev", "test"):
        right = truth.truth(split)
        counts = draws(len(right), recipe.evaluate.resamples, recipe.seed)
        values[split] = {
            name: resample(climb.metrics[climb.primary], right, answers(options, name)[split], counts)
            for name in ways
        }
    return {
        "metric": climb.primary,
        "rows": {name: len(part) for name, part in climb.prepared.dataset.splits.items()},
        "ladder": found,
        "typed": typed,
        "ways": {
            name: {
                "seconds": way["seconds"],
                **{split: each[name].interval().plain() for split, each in values.items()},
            }
            for name, way in ways.items()
        },
        **against(found["choice"], values, climb.primary),
    }


def against(choice: str, values: Mapping[str, Mapping[str, Resampled]], primary: str) -> dict[str, Any]:
    """Who is better than the choice on the test rows; the best on the development rows by itself."""
    dev, test = values["dev"], values["test"]
    best = max(dev, key=lambda name: dev[name].value)
    others = beside([(name, choice) for name in test if name != choice], test)
    single = beside([(best, choice)], test) if best != choice else []
    return {
        "best_on_dev": best,
        "best_on_dev_over_choice": single[0].plain() if single else None,
        "provably_better": [one.a for one in others if proven(one, primary)],
        "largest": max(others, key=lambda one: one.difference).plain(),
    }


def write(folder: Path, out: Path, rows: int) -> None:
    """The splits with fewer rows, drawn with a fixed seed."""
    out.mkdir()
    for name, most in {"train": rows, **MOST}.items():
        lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        drawn = random.Random(0).sample(lines, min(most, len(lines)))
        kept = [{key: json.loads(line)[key] for key in ("text", "label")} for line in drawn]
        text = "".join(json.dumps(row) + "\n" for row in kept)
        (out / f"{name}.jsonl").write_text(text, encoding="utf-8")


def made(options: argparse.Namespace) -> Recipe:
    return Recipe(data=Data(path=str(options.scratch / "data")), model=Model(name=options.model))


def climbing(recipe: Recipe, folder: Path) -> Climb:
    return Climb(recipe, Rules(), folder, ignore, Here())


def names(options: argparse.Namespace) -> Iterable[str]:
    """Every way, whether or not the ladder took it."""
    climb = climbing(made(options), options.scratch / "unused")
    yield from climb.untrained_recipe().evaluate.baselines or ()
    yield from tuned_kinds(options)


def tuned_kinds(options: argparse.Namespace) -> list[str]:
    """The ways of training that the task has."""
    return [kind for kind in TRAINED if not problems(way(options, kind))]


def way(options: argparse.Namespace, kind: str) -> Recipe:
    """The recipe that the ladder has for a way of training."""
    climb = climbing(made(options), options.scratch / "unused")
    climb.rungs.append(Rung("majority", np.zeros(0), 0.0, 0))  # the simplest: what runs are compared with
    return climb.trained_recipe(kind)


def run(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """One cell in a new process."""
    told = started(
        name, [__file__, "--cell", name, "--scratch", str(options.scratch), *model(options)], options
    )
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    print(f"{name:<20} {found['seconds']:8.1f} s", file=sys.stderr, flush=True)
    return found


def commanded(kind: str, options: argparse.Namespace) -> float:
    """Processor seconds of the command that a person types for a way of training."""
    place = options.scratch / "typed"
    if kind == "interpolate":
        command = ["combine", kind, str(place / best_tuned(options).name)]
    else:
        command = ["train", str(options.scratch / "data"), "--adapt", kind, *model(options)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started(f"typed-{kind}", ["-m", "afina", *command, "--out", str(place / kind), "--json"], options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    print(f"{'afina ' + command[0] + ' ' + kind:<20} {seconds:8.1f} s", file=sys.stderr, flush=True)
    return seconds


def started(name: str, arguments: Sequence[str], options: argparse.Namespace) -> str:
    """What Python prints in a new process without caches, but with the models that are installed."""
    cache = options.scratch / f"cache-{name}"
    (cache / "afina").mkdir(parents=True)
    for kept in ("packages", "accepted"):
        if (cache_folder() / kept).exists():
            (cache / "afina" / kept).symlink_to(cache_folder() / kept)
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    return done.stdout


def model(options: argparse.Namespace) -> list[str]:
    return ["--model", options.model]


def cell(options: argparse.Namespace) -> None:
    """What a process does; prints JSON."""
    name, place = options.cell, options.scratch / options.cell
    if name == "ladder":
        told = ladder(made(options), out=place).told
        keys = ("fine_tune", "choice", "best", "reason", "test")
        left_out = {
            rung["name"]: rung["left_out"]["code"] for rung in told["rungs"] if rung["left_out"] is not None
        }
        found = {key: told[key] for key in keys} | {"left_out": left_out, "seconds": time.process_time()}
    elif name == "interpolate":
        tuned = best_tuned(options)
        way_of = Interpolated(way(options, tuned.name), options.scratch / tuned.name, ignore)
        rung = way_of.rung(tuned)
        found = {"of": tuned.name, "seconds": time.process_time()}
        keep(place, rung.answered, way_of.answers(rung.details["alpha"], "test"))
    elif name in TRAINED:
        recipe = way(options, name)
        tried = attempt(recipe, place)
        found = {"seconds": time.process_time()}
        keep(place, tried.answered, on_test_rows(recipe, place)[1])
        if name != TRAINED[0]:
            shelf = options.scratch / "tuned"
            Rung(name, tried.answered, tried.seconds, tried.size_bytes, details={"dev": tried.value}).store(
                shelf
            )
    else:
        climb = climbing(made(options), place)
        prepared = climb.prepared
        prepared.recipe = climb.untrained_recipe([name])
        candidates = MEASURING[prepared.recipe.task.measured_by](prepared).before()
        found = {"seconds": time.process_time()}
        for candidate in candidates:  # none where the data or the model have no such way
            keep(place, candidate.dev, candidate.test)
    print(json.dumps(found))


def best_tuned(options: argparse.Namespace) -> Rung:
    """Of the ways that move pretrained weights, the one that is best on the development rows."""
    return max(stored(options.scratch / "tuned").values(), key=lambda rung: rung.details["dev"])


def keep(place: Path, dev: NDArray[Any], test: NDArray[Any]) -> None:
    place.mkdir(exist_ok=True)
    np.savez(place / "answers.npz", dev=dev, test=test)


def answers(options: argparse.Namespace, name: str) -> Mapping[str, NDArray[Any]]:
    found: Mapping[str, NDArray[Any]] = np.load(options.scratch / name / "answers.npz")
    return found


def told(found: Mapping[str, Any]) -> Iterable[str]:
    """One data set in markdown."""
    rows, climbed, ways = found["rows"], found["ladder"], found["ways"]
    naive = sum(way["seconds"] for way in ways.values())
    yield f"\n### {found['data']}, {found['model']}: {rows['train']} / {rows['dev']} / {rows['test']} rows\n"
    yield f"| way | {found['metric']} on test | processor seconds by itself | on the ladder |"
    yield "|---|---|--:|---|"
    for name, way in ways.items():
        test = way["test"]
        mark = climbed["left_out"].get(name, "chosen" if name == climbed["choice"] else "tried")
        yield (
            f"| {name} | {test['value']:.3f} [{test['low']:.3f}, {test['high']:.3f}] | {way['seconds']:.0f} |"
            f" {mark} |"
        )
    share = climbed["seconds"] / naive
    typed = found["typed"]
    commands = sum(typed.values())
    yield f"\nladder {climbed['seconds']:.0f} s, all by themselves {naive:.0f} s: {share:.2f}"
    each = ", ".join(f"{kind} {seconds:.0f}" for kind, seconds in typed.items())
    yield f"commands ({each}) {commands:.0f} s: {climbed['seconds'] / commands:.2f}"
    better = ", ".join(found["provably_better"]) or "none"
    yield f"reason: {climbed['reason']['code']}; provably better on test: {better}"
    single = found["best_on_dev_over_choice"]
    if single is not None:
        yield (
            f"best on dev, {single['a']}, over the choice: {single['difference']:+.3f}"
            f" [{single['low']:+.3f}, {single['high']:+.3f}], p = {single['p']:.3f}"
        )
    most = found["largest"]
    yield (
        f"largest on test: {most['a']} {most['difference']:+.3f}, p = {most['p']:.3f},"
        f" {most['p_holm']:.3f} by Holm"
    )


if __name__ == "__main__":
    main()
