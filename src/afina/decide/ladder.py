"""Whether to fine-tune at all: every way from the cheapest to the dearest on the same rows, and the advice.

::

    runs/<data>-ladder/
      ladder.json     everything that was found     ladder.html   one self-contained page
      recipe.json     what it was asked for         events.jsonl  what happened
      rungs/          the answers of every way      <method>/     a folder for each training
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..evaluate import report as reports
from ..language import current, speaking
from ..models.probe import probe
from ..recipe.recipe import Recipe
from ..run import run
from ..runs.store import RunFolder, opened, placed, run_name
from ..train.log import Event, Listener, ignore
from ..train.stop import Stop
from .advice import Advice, advise
from .climb import Climb
from .confirmation import Confirmation
from .ladder_page import render
from .learning_curve import learning_curve
from .rules import Rules
from .rung import TRAINED
from .runner import Here, Runner
from .texts import Texts

__all__ = ["Ladder", "ladder"]


@dataclass(frozen=True)
class Ladder:
    """A ladder that was climbed."""

    folder: Path
    told: dict[str, Any]
    """What ``ladder.json`` holds."""


def ladder(
    recipe: Recipe, rules: Rules | None = None, *, out: Path | None = None, resume: bool = False,
    on_test: bool = True, runner: Runner | None = None, listen: Listener = ignore,
) -> Ladder:  # fmt: skip
    """Tries the ways that the task has and says which one to take.

    What it recommends is chosen on the development rows. On the test rows only the simplest way, the
    recommended one and the best one answer, once, after that; one that is provably better there takes the
    place of the recommended one.

    Args:
        out: its folder; None for a new one under ``runs/``.
        resume: go on with the ladder in that folder; finished ways are not repeated.
        on_test: whether the test rows confirm the choice, and a chosen training becomes a finished run.
        runner: where trainings run.

    Raises:
        InputError: the recipe, the data, the model or the folder is wrong.
        RunError: a training failed.
        Interrupted: stopped by Ctrl-C; what was done is kept.
    """
    rules = rules or Rules()
    name = recipe.name or run_name(recipe).removesuffix(recipe.adapt.kind) + "ladder"
    recipe = recipe.model_copy(update={"name": name})
    with Stop(), speaking(recipe.language or current()):
        store = RunFolder(placed(recipe, out, resume))

        def tell(event: Event) -> None:
            store.record(event)
            listen(event)

        climb = Climb(recipe, rules, store.folder, tell, runner or Here())
        _ = climb.prepared.dataset  # wrong data or a missing model are found before there is a folder
        with opened(store, recipe, resume, ends="tried"):
            return Ladder(store.folder, _climbed(climb, store, on_test))


def _climbed(climb: Climb, store: RunFolder, on_test: bool) -> dict[str, Any]:
    recipe, prepared = climb.recipe, climb.prepared
    try:
        climb.climb()
    finally:
        climb.runner.close()
    curve = learning_curve(prepared, least_gain=climb.least_gain)
    values = {rung.name: climb.value(rung.name) for rung in climb.rungs}
    rows = {name: len(split) for name, split in prepared.dataset.splits.items()}
    advice = advise(
        climb.rungs, climb.left_out, values, curve, climb.rules, primary=climb.primary,
        train_rows=rows["train"], least_gain=climb.least_gain, written=climb.written(),
    )  # fmt: skip
    confirmation, test = Confirmation(climb, advice), None
    if on_test:
        test, advice = confirmation.told(), confirmation.revised()
    versions, texts = reports.versions(), climb.texts
    told = {
        "afina": versions["afina"],
        "language": current(),
        "name": store.folder.resolve().name,
        "created": reports.created(),
        "task": recipe.task.kind,
        "model": prepared.loaded.name,
        "primary_metric": climb.primary,
        "rows": rows,
        "measured": {name: len(numbers) for name, numbers in prepared.measured.items()},
        "seed": recipe.seed,
        "rules": climb.rules.plain(),
        "least_gain": climb.least_gain,
        "decided_by": advice.metric,
        "texts": None if texts is None else _texts(texts),
        "workers": climb.runner.workers,
        "fine_tune": advice.fine_tune,
        "choice": advice.choice,
        "best": advice.best,
        "reason": {"code": advice.code, "sentence": advice.reason},
        "would_change": advice.would_change,
        "rungs": _rungs(climb, advice),
        "learning_curve": None if curve is None else curve.plain(),
        "test": test,
        "next": _finished(climb, advice, on_test),
        "machine": probe().plain(),
        "versions": versions,
    }
    store.write("ladder.html", render(told))
    store.write_json("ladder.json", told)
    climb.listen(Event("done", {"run": str(store.folder)}))
    return told


def _texts(texts: Texts) -> dict[str, Any]:
    """What full answers were measured on, and the answer that looks at no question."""
    said = [texts.blind] * len(texts.expected)
    values = {kind: texts.measured(said, kind).interval().plain() for kind in texts.kinds}
    return {
        "metric": texts.metric,
        "rows": len(texts.expected),
        "blind": {"answer": texts.blind, "metrics": values},
    }


def _rungs(climb: Climb, advice: Advice) -> list[dict[str, Any]]:
    """Every way, cheapest first, those that were left out in their place."""
    beside = {one.b: one.plain() for one in advice.comparisons}
    tried = [
        {
            "name": rung.name,
            "fine_tuned": rung.fine_tuned,
            "metrics": climb.plain(rung.name),
            "seconds": rung.seconds,
            "bytes": rung.size_bytes,
            "milliseconds_per_row": rung.milliseconds_per_row,
            "peak_memory_bytes": rung.peak_memory_bytes,
            "comparisons": [beside[rung.name]] if rung.name in beside else [],
            "details": rung.details,
            "left_out": None,
        }
        for rung in climb.rungs
    ]
    out = [
        {
            "name": one.name,
            "fine_tuned": True,
            "metrics": {},
            "seconds": one.forecast,
            "left_out": {"code": one.code, "reason": one.reason},
        }
        for one in climb.left_out
    ]
    last = [*TRAINED, "interpolate"]
    return sorted([*tried, *out], key=lambda row: last.index(row["name"]) if row["name"] in last else -1)


def _finished(climb: Climb, advice: Advice, on_test: bool) -> list[str]:
    """Makes a finished run of a chosen training, and says what can be done with it, as commands."""
    rung = next(rung for rung in climb.rungs if rung.name == advice.choice)
    kind = rung.details.get("of", rung.name)
    if kind not in TRAINED or not on_test:
        return []
    place = shlex.quote(str(climb.place(kind)))
    finished = run(climb.trained_recipe(kind), out=climb.place(kind), resume=True, listen=climb.quietly)
    if "of" in rung.details:
        return [f"afina combine interpolate {place} --set combine.alphas=[{rung.details['alpha']}]"]
    return list(finished.report["next"])
