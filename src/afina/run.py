"""The one place where the stages meet: data, model, method, objective, loop, measurement, artifact.

Everything that the command line and the pages offer is a function here.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .data.changes import check_written, write_copy
from .data.collect import read_documents
from .data.fix import fixed
from .data.load import Data, sheets_of
from .data.search import NOTHING
from .data.weak.load import WeaklyLabelled, weakly_labelled
from .errors import ModelError
from .evaluate import report as reports
from .evaluate.page import render
from .language import _, current, speaking
from .measuring import MEASURING, Measuring
from .models.probe import probe
from .phases import train_phases
from .recipe.plan import count, forecast
from .recipe.prepare import Prepared
from .recipe.recipe import Recipe
from .runs.store import RunFolder, find, find_model, opened, placed, stored_recipe
from .ship import artifact, card
from .ship.searcher import Searcher
from .track import TRACKERS, Tracking
from .train.checkpoint import Checkpoints
from .train.fit import Fitted, Job
from .train.log import Event, Listener, ignore
from .train.runtime import Runtime
from .train.stop import Stop

__all__ = ["Result", "check", "evaluate", "fix", "look", "predict", "run", "search", "weak"]


@dataclass(frozen=True)
class Result:
    """A finished run."""

    run: Path
    report: dict[str, Any]


def run(
    recipe: Recipe, *, out: Path | None = None, resume: bool = False, listen: Listener = ignore
) -> Result:
    """From a recipe to a measured, usable model.

    In a launch of several processes all call it and get the same result. The main one tells, measures and
    writes; the others share the training and the predictions.

    Args:
        out: the run's folder; None for a new one under ``runs/``.
        resume: continue an interrupted run with the same bits; a finished one is returned as it is.

    Raises:
        InputError: the recipe, the data, the model or the folder is wrong.
        RunError: the run failed.
        Interrupted: stopped by Ctrl-C or SIGTERM; what was trained is saved.
    """
    with Stop() as stop, speaking(recipe.language or current()):
        runtime = Runtime()
        if not runtime.main:
            return _alongside(recipe, runtime, resume, stop)
        store = RunFolder(placed(recipe, out, resume))
        finished = store.report
        if finished is not None:
            runtime.shared([str(store.folder), finished])
            return Result(store.folder, finished)

        def tell(event: Event) -> None:
            store.record(event)
            tracking.tell(event)
            listen(event)

        prepared = Prepared(recipe, tell)
        trackers = [TRACKERS.make(kind) for kind in dict.fromkeys(recipe.track)]
        tracking = Tracking(trackers, store.folder, prepared.warn)
        # Wrong data or a missing model are found here, before there is a folder to clean up.
        _ = prepared.findings
        with opened(store, recipe, resume), tracking.opened(recipe.plain()):
            runtime.shared([str(store.folder), None])
            report = _run(prepared, store, resume, stop)
            tracking.finish(report)
            runtime.shared(report)
            return Result(store.folder, report)


def _alongside(recipe: Recipe, runtime: Runtime, resume: bool, stop: Stop) -> Result:
    """What every process but the main one does. It begins once that one has found the input to be right."""
    folder, report = runtime.shared()
    if report is None:
        prepared = Prepared(recipe)
        store = RunFolder(Path(folder))
        measuring = MEASURING[recipe.task.measured_by](prepared)
        measuring.alongside()
        checkpoints = Checkpoints(store.checkpoints, prepared.identity(), prepared.warn)
        *_before, (training, _fitted, seconds, _own) = train_phases(
            prepared, checkpoints, resume=resume, stop=stop
        )
        measuring.trained(training, seconds)
        report = runtime.shared()
    return Result(Path(folder), report)


def _run(prepared: Prepared, store: RunFolder, resume: bool, stop: Stop) -> dict[str, Any]:
    """Everything from the first baseline to the report."""
    recipe = prepared.recipe
    with prepared.stage("baselines"):
        measuring = MEASURING[recipe.task.measured_by](prepared)
        candidates = measuring.before()
    checkpoints = Checkpoints(store.checkpoints, prepared.identity(), prepared.warn)
    with prepared.stage("train"):
        *earlier, (training, fitted, seconds, _own) = train_phases(
            prepared, checkpoints, resume=resume, stop=stop
        )
        job = training.job
        seconds += sum(each.seconds for each in earlier)
    with prepared.stage("evaluate"):
        candidates.append(measuring.trained(training, seconds))
        measured = measuring.compared(candidates)
        parameters = count(job.adapted.network)  # before what was added is merged
        model = prepared.shipped(job.adapted)
        measured = measuring.after(model, measured)
    with prepared.stage("artifact"):
        artifact.write(model, store.model)
        job.adapted.write_adapter(store.model / "adapter", prepared.loaded.name)
        texts = [recipe.task.asked(example) for example in prepared.dataset.splits.dev[:64]]
        artifact.check_parity(model, store.model, texts, job.dev.rows[:64])
    report = {
        **_circumstances(prepared, measuring, job, fitted, store),
        "before": [each.told() for each in earlier],
        **measured,
        "parameters": parameters,
        "audit": [finding.plain() for finding in prepared.findings],
        "seconds": prepared.seconds,
        "peak_memory_bytes": Runtime.peak_memory_bytes(),
    }
    about = {"base_model": prepared.loaded.name, "licence": prepared.loaded.licence}
    if prepared.dataset.cleaned:
        changes = [json.dumps(change.plain(), ensure_ascii=False) for change in prepared.dataset.cleaned]
        store.write("cleaned.jsonl", "\n".join(changes) + "\n")
    (store.model / "README.md").write_text(card.render(report, **about), encoding="utf-8")
    store.write("report.html", render(report))
    # Last, as it is what tells a finished run from one that can be resumed.
    store.write_json("report.json", report)
    if not recipe.train.keep_checkpoints:
        checkpoints.remove()
    prepared.listen(Event("done", {"run": str(store.folder)}))
    return report


def check(recipe: Recipe, *, listen: Listener = ignore) -> dict[str, Any]:
    """The audit and the plan, without training. Raises InputError."""
    prepared = Prepared(recipe, listen)
    _ = prepared.findings  # while the trunk is as it came
    *before, plan = [forecast(training.job).plain() for training in prepared.trainings()]
    return {
        "rows": {name: len(split) for name, split in prepared.dataset.splits.items()},
        "labels": list(prepared.tools.labels),
        "notes": list(prepared.dataset.notes),
        "cleaned": len(prepared.dataset.cleaned),
        "audit": [finding.plain() for finding in prepared.findings],
        "model": prepared.loaded.name,
        "adapt": recipe.way,
        "before": before,
        "plan": plan,
    }


def fix(
    recipe: Recipe, *, out: Path | None = None, overwrite: bool = False, listen: Listener = ignore
) -> dict[str, Any]:
    """A copy of the data in which is mended what can be without asking, and the log of every change.

    Args:
        out: the file or folder of the copy; None for one beside the data, where anything is mended.
        overwrite: whether a copy that is there may be replaced.

    Raises:
        InputError: the recipe or the data are wrong, or the copy cannot be written.
    """
    data = recipe.data.model_copy(update={"limit": None})  # all of it, not a sample
    sheets = sheets_of(data)
    check_written(data, sheets)
    given = Prepared(recipe.model_copy(update={"data": data}), listen).given
    found = fixed(given, sheets, data, recipe.audit.fix)
    return {
        **write_copy(data, sheets, found.changes, out, overwrite).plain(),
        "changes": dict(Counter(change.what for change in found.changes).most_common()),
        "contradictions": [list(places) for places in found.contradictions],
    }


def look(recipe: Recipe, rows: int = 5) -> list[dict[str, Any]]:
    """The first training rows as the network sees them. Raises InputError."""
    prepared = Prepared(recipe)
    return [prepared.seen(number) for number in range(min(rows, len(prepared.rows["train"].rows)))]


def weak(recipe: Recipe, *, listen: Listener = ignore) -> WeaklyLabelled:
    """What labelling functions say of the rows without a label. Raises InputError."""
    made = weakly_labelled(recipe.data, recipe.seed)
    for kind, sentences in (("note", made.given.notes), ("warning", made.doubts)):
        for text in sentences:
            listen(Event(kind, {"text": text}))
    return made


def evaluate(run: str | Path, data: str | Path) -> dict[str, Any]:
    """The metrics of a finished run on other data, with intervals. Raises InputError."""
    folder = find(run)
    recipe, model = stored_recipe(folder), artifact.load(folder)
    return {
        "run": str(folder),
        "data": str(data),
        "primary_metric": model.task.primary_metric,
        **MEASURING[model.task.measured_by].again(model, recipe, data),
    }


def predict(run: str | Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """One answer a text: ``label``, ``probability``, ``probabilities``; or ``answer``. Raises InputError."""
    return artifact.load(find_model(run)).predict(texts)


def search(run: str | Path, question: str, documents: str | Path, count: int = 5) -> list[dict[str, Any]]:
    """The rows of a file that answer best: ``score`` and ``text``, best first. Raises InputError."""
    folder = find_model(run)
    model = artifact.load(folder)
    if not isinstance(model, Searcher):
        raise ModelError(
            _("this model does not search (its task is '{task}').").format(task=model.task.kind),
            where=str(folder),
            fix=_("Train one with --task embed or --task rank."),
        )
    given = Data(path=str(documents), text=model.details["text_column"], clean=model.clean)
    texts = read_documents(documents, given)
    numbers, found = model.search([question], texts, count)
    return [
        {"score": float(score), "text": texts[number]}
        for number, score in zip(numbers[0].tolist(), found[0].tolist(), strict=True)
        if number != NOTHING
    ]


def _circumstances(
    prepared: Prepared, measuring: Measuring, job: Job, fitted: Fitted, store: RunFolder
) -> dict[str, Any]:
    """What was run, on what and how: everything but the measurements."""
    recipe, splits, versions = prepared.recipe, prepared.dataset.splits, reports.versions()
    place = shlex.quote(str(store.folder))
    return {
        "afina": versions["afina"],
        "language": current(),
        "name": store.folder.resolve().name,
        "created": reports.created(),
        "task": recipe.task.kind,
        "model": prepared.loaded.name,
        "adapt": recipe.way,
        "objective": prepared.objective.kind,
        "head": prepared.loaded.head,
        "system": prepared.tools.system,
        "primary_metric": recipe.task.primary_metric,
        "labels": list(prepared.tools.labels),
        "multi_label": prepared.tools.multi_label,
        "pooling": prepared.loaded.pooling,
        "data_language": prepared.dataset.language,
        "rows": {name: len(split) for name, split in splits.items()},
        "measured": {name: len(numbers) for name, numbers in prepared.measured.items()},
        "notes": list(prepared.dataset.notes),
        "cleaned": len(prepared.dataset.cleaned),
        "weak": prepared.dataset.weak,
        "seed": recipe.seed,
        "versions": versions,
        "machine": probe().plain(),
        "processes": job.runtime.processes,
        "tokens_per_second": fitted.tokens_per_second,
        "padding": job.plan.padding,
        "curves": fitted.progress.history,
        "best_step": fitted.progress.best_step,
        "recipe": recipe.plain(),
        "reproduce": [f"afina train {place}/recipe.json"],
        "next": measuring.next(place),
        "fingerprints": {"data": prepared.dataset.fingerprint, "model": prepared.loaded.fingerprint},
    }
