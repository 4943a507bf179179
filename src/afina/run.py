"""The one place where the stages meet: data, model, method, objective, loop, measurement, artifact.

Everything that the command line and the pages offer is a function here.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .adapt import Adapted
from .answering import Answering, Forgetting
from .data.load import Columns, read_labelled
from .data.render import shown_tokens
from .evaluate import report as reports
from .evaluate.baselines import BASELINES, Context
from .evaluate.compare import Candidate, compare
from .evaluate.forgetting import perplexities
from .evaluate.label_errors import cross_validated, label_errors
from .evaluate.metrics import metrics_of
from .evaluate.page import render
from .evaluate.statistics import draws, resample
from .evaluate.words import candidate_name
from .language import _, current, speaking
from .models.probe import probe
from .recipe.memory import check_memory
from .recipe.plan import count, forecast
from .recipe.prepare import Prepared, Training
from .recipe.recipe import Recipe
from .runs.store import RunFolder, find, find_model, opened, placed, stored_recipe
from .ship import artifact, card
from .tasks import Task
from .train.checkpoint import Checkpoints
from .train.closed_form import solve
from .train.fit import Feed, Fitted, Job, fit, scores
from .train.log import Event, Listener, ignore
from .train.runtime import Runtime
from .train.stop import Stop

__all__ = ["Result", "check", "evaluate", "look", "predict", "run"]

#: Training rows whose tokens the report of a language model shows.
LEARNT = 3


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
            listen(event)

        prepared = Prepared(recipe, tell)
        # Wrong data or a missing model are found here, before there is a folder to clean up.
        _ = prepared.findings
        with opened(store, recipe, resume):
            runtime.shared([str(store.folder), None])
            report = _run(prepared, store, resume, stop)
            runtime.shared(report)
            return Result(store.folder, report)


def _alongside(recipe: Recipe, runtime: Runtime, resume: bool, stop: Stop) -> Result:
    """What every process but the main one does. It begins once that one has found the input to be right."""
    folder, report = runtime.shared()
    if report is None:
        prepared = Prepared(recipe)
        store = RunFolder(Path(folder))
        if not recipe.task.labels:
            _untrained(prepared, prepared.untrained())
        checkpoints = Checkpoints(store.checkpoints, prepared.identity(), prepared.warn)
        *_before, (training, _fitted, seconds, _own) = _trained(prepared, checkpoints, resume, stop)
        _candidate(prepared, training, seconds)
        report = runtime.shared()
    return Result(Path(folder), report)


def _run(prepared: Prepared, store: RunFolder, resume: bool, stop: Stop) -> dict[str, Any]:
    """Everything from the first baseline to the report."""
    recipe = prepared.recipe
    with prepared.stage("baselines"):
        forgetting = Forgetting(prepared)
        answering = Answering(prepared) if recipe.task.generates else None
        if recipe.task.labels:
            candidates = _alternatives(prepared)
        else:
            untrained = prepared.untrained()
            candidates = [_untrained(prepared, untrained)]
            came = prepared.shipped(untrained.adapted)
            forgetting.read("before", came)
            if answering and isinstance(came, artifact.Answerer):
                candidates += answering.before(came)
        # Now, while the trunk is as it came: once trained on the labels, it could not doubt them.
        doubtful = _suspects(prepared)
    checkpoints = Checkpoints(store.checkpoints, prepared.identity(), prepared.warn)
    with prepared.stage("train"):
        *earlier, (training, fitted, seconds, _own) = _trained(prepared, checkpoints, resume, stop)
        job = training.job
        seconds += sum(each.seconds for each in earlier)
    with prepared.stage("evaluate"):
        candidates.append(_candidate(prepared, training, seconds))
        measured = _measured(prepared, candidates)
        parameters = count(job.adapted.network)  # before what was added is merged
    with prepared.stage("artifact"):
        model = prepared.shipped(job.adapted)
        artifact.write(model, store.model)
        job.adapted.write_adapter(store.model / "adapter", prepared.loaded.name)
        texts = [example.text for example in prepared.dataset.splits.dev[:64]]
        artifact.check_parity(model, store.model, texts, job.dev.rows[:64])
    if not recipe.task.labels:
        with prepared.stage("evaluate"):
            forgetting.read("after", model)
            measured |= forgetting.told()
            if answering and isinstance(model, artifact.Answerer):
                answering.after(model)
                measured = answering.added_to(measured)
                first = range(min(LEARNT, len(prepared.dataset.splits.train)))
                measured["learnt"] = [_seen(prepared, number) for number in first]
    report = {
        **_circumstances(prepared, job, fitted, store),
        "before": [_phase(each) for each in earlier],
        **measured,
        **doubtful,
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


class Trained(NamedTuple):
    """A phase that has been trained."""

    training: Training
    fitted: Fitted
    seconds: float
    """What its frozen part took is counted wherever it ran."""
    own: dict[str, Any]
    """What was measured on the test rows of data of its own, and of what was forgotten."""


def _trained(prepared: Prepared, checkpoints: Checkpoints, resume: bool, stop: Stop) -> list[Trained]:
    """Every phase, trained, in its order."""
    trained: list[Trained] = []
    prepared.runtime.check_alike(checkpoints.identity)
    count = len(prepared.recipe.phases)
    for number, training in enumerate(prepared.trainings(), 1):
        if count > 1:
            told = _("Training {number} of {count}: {name}")
            name = candidate_name(training.phase.adapt.kind)
            prepared.listen(Event("note", {"text": told.format(number=number, count=count, name=name)}))
        job = training.job
        measure = _OwnTexts(training) if training.own else None
        began = time.perf_counter()
        if job.adapted.closed_form is not None:
            fitted = solve(job)
            job.runtime.align(job.adapted.network)
        else:
            check_memory(job, prepared.warn)
            own = checkpoints if number == count else checkpoints.inside(f"before-{number}")
            fitted = fit(job, own, resume=resume, listen=prepared.listen, stop=stop)
        seconds = time.perf_counter() - began + training.frozen_seconds
        trained.append(Trained(training, fitted, seconds, measure.told() if measure else {}))
    return trained


class _OwnTexts:
    """Perplexity of the test rows of a training with data of its own, and of general texts."""

    def __init__(self, training: Training) -> None:
        assert training.own is not None
        self.training, self.own = training, training.own
        self._forgetting = Forgetting(self.own) if self.own.runtime.main else None
        self._before = self._read("before")

    def _read(self, when: str) -> NDArray[np.float32]:
        job = self.training.job
        job.runtime.place(job.adapted.network)
        losses = scores(job, self.training.test.some(self.own.measured["test"]))[0]
        if self._forgetting:
            # Not merged: it goes on learning.
            self._forgetting.read(when, self.own.shipped(Adapted(job.adapted.network)))
        return losses

    def told(self) -> dict[str, Any]:
        """What a report says of it."""
        after, recipe = self._read("after"), self.own.recipe
        found = perplexities(self._before, after, seed=recipe.seed, resamples=recipe.evaluate.resamples)
        return {
            "data": recipe.data.path,
            "task": recipe.task.kind,
            "rows": {name: len(split) for name, split in self.own.dataset.splits.items()},
            "perplexity": found,
            **(self._forgetting.told() if self._forgetting else {}),
        }


def _phase(trained: Trained) -> dict[str, Any]:
    """What the report says of a phase before the main one."""
    return {
        "adapt": trained.training.phase.adapt.kind,
        "objective": trained.training.job.objective.kind,
        "seconds": trained.seconds,
        "curves": trained.fitted.progress.history,
        "best_step": trained.fitted.progress.best_step,
        **trained.own,
    }


def check(recipe: Recipe, *, listen: Listener = ignore) -> dict[str, Any]:
    """The audit and the plan, without training. Raises InputError."""
    prepared = Prepared(recipe, listen)
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


def look(recipe: Recipe, rows: int = 5) -> list[dict[str, Any]]:
    """The first training rows as the network sees them. Raises InputError."""
    prepared = Prepared(recipe)
    return [_seen(prepared, number) for number in range(min(rows, len(prepared.rows["train"].rows)))]


def _seen(prepared: Prepared, number: int) -> dict[str, Any]:
    """A training row as the network sees it."""
    example, row = prepared.dataset.splits.train[number], prepared.rows["train"].rows[number]
    return {
        "where": str(example.where),
        "text": example.text,
        "label": example.label if len(target := dict(example.target or {})) < 2 else target,
        "tokens": shown_tokens(row.ids, prepared.tools.tokenizer),
        "ids": list(row.ids),
        "cut": row.cut,
        "counts": list(row.counts),
    }


def evaluate(run: str | Path, data: str | Path) -> dict[str, Any]:
    """The metrics of a finished run on other data, with intervals. Raises InputError."""
    folder = find(run)
    recipe, predictor = stored_recipe(folder), artifact.load_predictor(folder)
    labels, multi_label = predictor.tools.labels, predictor.tools.multi_label
    columns = Columns(predictor.details["text_column"], predictor.details["label_column"])
    examples = read_labelled(data, recipe.data, columns, labels, multi_label)
    truth = predictor.task.truth(examples, predictor.tools)
    answered = predictor.probabilities([example.text for example in examples])
    metrics = metrics_of(predictor.task.metrics(predictor.tools), multi_label=multi_label)
    counts = draws(len(truth), recipe.evaluate.resamples, recipe.seed)
    told = reports.answers(
        answered, truth, examples, labels, multi_label=multi_label, count=recipe.evaluate.examples
    )
    return {
        "run": str(folder),
        "data": str(data),
        "rows": len(examples),
        "primary_metric": predictor.task.primary_metric,
        "metrics": {
            kind: resample(metric, truth, answered, counts).interval().plain()
            for kind, metric in metrics.items()
        },
        **told,
    }


def predict(run: str | Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """One answer a text: ``label``, ``probability``, ``probabilities``; or ``answer``. Raises InputError."""
    return artifact.load(find_model(run)).predict(texts)


def _alternatives(prepared: Prepared) -> list[Candidate]:
    """The cheaper ways, each fitted on the training split and answering dev and test."""
    recipe, dataset = prepared.recipe, prepared.dataset
    context = Context(
        dataset.splits, prepared.tools.labels, dataset.multi_label, dataset.language, prepared.loaded,
        recipe.seed, lambda: (
            {name: value.numpy() for name, value in prepared.features.items()}, prepared.pretrained.seconds
        ),
    )  # fmt: skip
    kinds = recipe.evaluate.baselines
    wanted = recipe.task.baselines if kinds is None else kinds
    candidates = []
    for kind in BASELINES:
        # What is trained is not its own alternative.
        if kind not in wanted or kind == recipe.way:
            continue
        baseline = BASELINES.make(kind)
        if baseline.applies(context):
            outcome = baseline.fit_predict(context)
            prepared.listen(Event("baseline", {"name": kind, "seconds": outcome.seconds}))
            candidates.append(Candidate(kind, outcome.dev, outcome.test, outcome.seconds, outcome.size_bytes))
    return candidates


def _untrained(prepared: Prepared, job: Job) -> Candidate:
    """The language model as it came. In a launch of several processes all call it."""
    prepared.runtime.place(job.adapted.network)
    began = time.perf_counter()
    answered = _answered(prepared, job, prepared.rows)
    seconds = time.perf_counter() - began
    prepared.listen(Event("baseline", {"name": "untrained", "seconds": seconds}))
    size = 4 * count(job.adapted.network)["total"]
    return Candidate("untrained", answered["dev"], answered["test"], seconds, size)


def _answered(prepared: Prepared, job: Job, feeds: Mapping[str, Feed]) -> dict[str, NDArray[np.float64]]:
    """What the network says of the measured rows of dev and of test."""
    return {
        name: prepared.outputs(scores(job, feeds[name].some(numbers))[0])
        for name, numbers in prepared.measured.items()
    }


def _candidate(prepared: Prepared, training: Training, seconds: float) -> Candidate:
    """The trained model; ``seconds`` is what training it took."""
    began = time.perf_counter()
    job = training.job
    answered = _answered(prepared, job, {"dev": job.dev, "test": training.test})
    numbers = count(job.adapted.network)["total"]
    seconds += time.perf_counter() - began
    return Candidate(prepared.recipe.way, answered["dev"], answered["test"], seconds, 4 * numbers)


def _measured(prepared: Prepared, candidates: list[Candidate]) -> dict[str, Any]:
    """Every candidate on the same rows, and the answers of the trained one."""
    recipe, tools = prepared.recipe, prepared.tools
    splits, settings = prepared.dataset.splits, recipe.evaluate
    truth = {name: prepared.truth[name][numbers] for name, numbers in prepared.measured.items()}
    comparison = compare(
        candidates, truth["dev"], truth["test"], primary=recipe.task.primary_metric,
        metrics=metrics_of(recipe.task.metrics(tools), multi_label=tools.multi_label),
        seed=recipe.seed, resamples=settings.resamples,
    )  # fmt: skip
    values = reports.compared(comparison, candidates[-1].name)
    if not recipe.task.labels:
        return values
    return values | reports.answers(
        candidates[-1].test, truth["test"], splits.test, tools.labels,
        multi_label=tools.multi_label, count=settings.examples,
    )  # fmt: skip


def _suspects(prepared: Prepared) -> dict[str, Any]:
    """Training rows whose label may be wrong, each judged by a head on the others; for one label a row."""
    recipe, tools = prepared.recipe, prepared.tools
    train, truth = prepared.dataset.splits.train, prepared.truth["train"]
    if not recipe.task.labels or not recipe.evaluate.label_errors or tools.multi_label:
        return {}
    weights = np.array([example.weight for example in train])
    # A row that belongs to no group is one of its own.
    groups = np.array([example.group or f"#{number}" for number, example in enumerate(train)])
    features = prepared.features["train"].numpy()
    unseen = cross_validated(features, truth, weights, seed=recipe.seed, groups=groups)
    found = label_errors(truth, unseen, recipe.evaluate.label_errors)
    return {"label_errors": reports.suspects(found, train, tools.labels)}


def _circumstances(prepared: Prepared, job: Job, fitted: Fitted, store: RunFolder) -> dict[str, Any]:
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
        "primary_metric": recipe.task.primary_metric,
        "labels": list(prepared.tools.labels),
        "multi_label": prepared.tools.multi_label,
        "pooling": prepared.loaded.pooling,
        "data_language": prepared.dataset.language,
        "rows": {name: len(split) for name, split in splits.items()},
        "measured": {name: len(numbers) for name, numbers in prepared.measured.items()},
        "notes": list(prepared.dataset.notes),
        "cleaned": len(prepared.dataset.cleaned),
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
        "next": _next(place, recipe.task),
        "fingerprints": {"data": prepared.dataset.fingerprint, "model": prepared.loaded.fingerprint},
    }


def _next(place: str, task: Task) -> list[str]:
    """What can be done with the model, as commands."""
    told = [f'afina predict {place} "…"', f"afina predict {place} --file new.csv -o answers.csv"]
    return [*told, f"afina evaluate {place} other.csv" if task.labels else f"afina chat {place}"]
