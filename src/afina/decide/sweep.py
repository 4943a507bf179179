"""Many recipes that differ in a few settings, tried on the development rows; the best one becomes a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Interrupted, ModelError, RecipeError, RunError, StoreError
from ..evaluate.metrics import Metric, metrics_of
from ..evaluate.metrics.base import Vector
from ..evaluate.words import direction, duration, metric_name, number
from ..language import _, current, speaking
from ..recipe.prepare import Prepared
from ..recipe.recipe import Recipe
from ..run import run
from ..runs.store import HOME, RunFolder, disk_told, locked, run_name
from ..train.log import Event, Listener, ignore
from ..train.stop import Stop
from .attempt import Attempt, forget, on_test_rows
from .runner import Here, Runner
from .space import Space, default_space, space_of
from .sweep_page import render
from .sweep_report import report_of, settings_told
from .trials import Prune, Trial, Trials, Tried

__all__ = ["Swept", "sweep"]

#: What a sweep keeps of a recipe, in the folder of its attempt.
TRIED, PARTS = "tried.json", "dev.npy"


@dataclass(frozen=True)
class Swept:
    """A finished sweep."""

    folder: Path
    report: dict[str, Any]
    """What sweep.json holds."""
    run: Path
    """The finished run of the best recipe."""


def sweep(
    recipe: Recipe,
    over: Mapping[str, Any] | None = None,
    *,
    trials: int = 20,
    prune: Prune = "median",
    runner: Runner | None = None,
    out: Path | None = None,
    resume: bool = False,
    listen: Listener = ignore,
    option: str = "",
) -> Swept:
    """Tries recipes on the development rows, and makes a run of the best one.

    Args:
        over: what is searched (:func:`.space.space_of`); None: the learning rate and the epochs.
        trials: recipes that are tried at most, the given one included.
        prune: how those that fall behind are given up.
        out: the sweep's folder; None for a new one under ``runs/``.
        resume: continue an interrupted sweep; a finished one is returned as it is.
        option: what gave ``over``, for messages.

    Raises:
        InputError: a setting, the data, the model or the folder is wrong.
        RunError: the given recipe cannot be trained.
        Interrupted: stopped by Ctrl-C or SIGTERM; what was tried is kept.
    """
    with speaking(recipe.language or current()):
        space = default_space(recipe) if over is None else space_of(recipe, over, option)
        asked = {
            "recipe": recipe.plain(), "over": [each.plain() for each in space.dimensions], "prune": prune
        }  # fmt: skip
        folder = _placed(recipe, asked, out, resume)
        finished = folder / "sweep.json"
        if finished.exists():
            report = json.loads(finished.read_text(encoding="utf-8"))
            return Swept(folder, report, Path(report["run"]))
        found = Prepared(recipe, listen)
        _ = found.given  # wrong data are found before there is a folder
        with disk_told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder):
                store = RunFolder(folder)
                store.write_json("settings.json", asked)
                search = _Search(store, space, prune, trials, runner or Here(), listen, found)
                return search.finished()


def _placed(recipe: Recipe, asked: Mapping[str, Any], out: Path | None, resume: bool) -> Path:
    """The sweep's folder. Raises StoreError where it is taken, or holds another sweep."""
    if out is None:
        name, count = f"{run_name(recipe)}-sweep", 1
        folders = [HOME / name]
        while folders[-1].exists():
            count += 1
            folders.append(HOME / f"{name}-{count}")
        same = [folder for folder in reversed(folders[:-1]) if resume and _asked(folder) == asked]
        return same[0] if same else folders[-1]
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return out
    if not resume:
        raise StoreError(
            _("this folder is not empty, and nothing in it is overwritten."),
            where=str(out),
            fix=_("Continue that sweep with --resume, or choose another folder with --out."),
        )
    if _asked(out) != asked:
        raise StoreError(
            _("this folder holds no sweep with these settings."),
            where=str(out),
            fix=_("Give the same settings to resume it, or choose another folder with --out."),
        )
    return out


def _asked(folder: Path) -> Any:
    try:
        return json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


@dataclass
class _Trying:
    """A recipe that is being tried: listens to its training, and gives it up when it falls behind."""

    number: int
    settings: dict[str, Any]
    trial: Trial | None
    watched: bool
    """Whether its evaluations can be compared with those of others."""
    listen: Listener
    stop: Stop = field(default_factory=Stop)
    seen: dict[int, float] = field(default_factory=dict)
    given_up: bool = False
    future: Future[Attempt] = field(init=False)

    def __call__(self, event: Event) -> None:
        if event.kind in ("progress", "warning"):
            self.listen(event)
        if event.kind == "evaluation" and self.watched:
            metric, loss = event.data["dev_metric"], event.data["dev_loss"]
            self._evaluated(round(2 * event.data["epoch"]), -loss if metric is None else metric)

    def _evaluated(self, at: int, score: float) -> None:
        if at in self.seen or not at:
            return
        self.seen[at] = score
        if self.trial is not None and self.trial.report(at, score):
            self.given_up = True
            self.stop.request()

    def recall(self, events: Path) -> None:
        """Takes up the evaluations of a training that was interrupted."""
        lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
        for line in lines:
            with suppress(ValueError):  # the last line may have been cut
                told = json.loads(line)
                if told["kind"] == "evaluation":
                    self(Event(told["kind"], told))


@dataclass
class _Search:
    """A sweep under way."""

    store: RunFolder
    space: Space
    prune: Prune
    most: int
    runner: Runner
    listen: Listener
    prepared: Prepared
    tried: dict[int, Tried] = field(default_factory=dict)
    """Number -> what became of it; the given recipe is 0."""
    memory: int = 0
    """The most bytes that a recipe has taken so far."""

    def finished(self) -> Swept:
        """Tries what is left to try, measures the best on the test rows, and writes the report."""
        for path in self.store.folder.glob(f"trial-*/{TRIED}"):
            found = Tried.of(json.loads(path.read_text(encoding="utf-8")))
            self.tried[found.number] = found
        try:
            self._search()
        finally:
            self.runner.close()
        best = self._best
        on_test = {number: self._tested(number) for number in dict.fromkeys((0, best))}
        result = run(self._recipe(best), out=self._folder(best), resume=True, listen=self.listen)
        for other in self.tried.keys() - {best}:
            forget(self._folder(other))
        tried = sorted(self.tried.values(), key=lambda found: found.number)
        done = [found.number for found in tried if found.state == "done"]
        report = report_of(
            self.space, tried, best, self.metric, {number: self._kept_parts(number) for number in done},
            on_test, prune=self.prune, workers=self.runner.workers, run=result,
            name=self.store.folder.resolve().name,
        )  # fmt: skip
        self.store.write("sweep.html", render(report))
        # Last, as it tells a finished sweep from one that can be resumed.
        self.store.write_json("sweep.json", report)
        return Swept(self.store.folder, report, result.run)

    def _tested(self, number: int) -> Vector:
        """Like :meth:`_kept_parts`, on the test rows. Once measured, they are not measured again."""
        path = self._folder(number) / "test.npy"
        if not path.exists():
            truth, answered, _texts = on_test_rows(self._recipe(number), self._folder(number))
            np.save(path, self.metric.contributions(truth, answered))
        parts: Vector = np.load(path, allow_pickle=False)
        return parts

    def _recipe(self, number: int) -> Recipe:
        return self.space.of(self.tried[number].settings) if number else self.space.recipe

    def _search(self) -> None:
        half_epochs = 2 * max(
            (int(d.ends[-1]) for d in self.space.dimensions if d.path == "train.epochs"),
            default=self.space.recipe.train.epochs or self.space.recipe.adapt.epochs,
        )
        if 0 not in self.tried:
            self._told(0, {})
            self._end(self._started(0, None, self.space.default, self.space.recipe))
        trials = Trials(
            self.store.folder, self.space, prune=self.prune, most=self.most, half_epochs=half_epochs,
            parallel=self.runner.workers > 1,
        )  # fmt: skip
        trials.begin(self.tried[0], {n: found for n, found in self.tried.items() if n})
        running: list[_Trying] = []
        while True:
            while len(running) < self.runner.workers and len(self.tried) + len(running) < self.most:
                trial = trials.ask(trials.unused, self.space.recipe.seed)
                if trial is None:
                    break
                self._told(trial.number, trial.settings)
                try:
                    recipe = self.space.of(trial.settings)
                except RecipeError as error:  # settings that are right by themselves and do not fit together
                    trials.tell(trial, self._failed(trial.number, trial.settings, str(error)))
                    continue
                running.append(self._started(trial.number, trial, trial.settings, recipe))
            if not running:
                return
            wait([each.future for each in running], return_when=FIRST_COMPLETED)
            for ended in [each for each in running if each.future.done()]:
                running.remove(ended)
                found = self._end(ended)
                assert ended.trial is not None
                trials.tell(ended.trial, found)

    def _started(self, number: int, trial: Trial | None, settings: dict[str, Any], recipe: Recipe) -> _Trying:
        others = recipe.task.by_loss and any(d.path.startswith("objective") for d in self.space.dimensions)
        trying = _Trying(number, settings, trial, not (recipe.before or others), self.listen)
        trying.recall(self._folder(number) / "events.jsonl")
        trying.future = self.runner.submit(
            recipe, self._folder(number), listen=trying, stop=trying.stop, memory=self.memory
        )
        return trying

    def _end(self, ended: _Trying) -> Tried:
        error = ended.future.exception()
        if isinstance(error, Interrupted) and ended.given_up:
            found = Tried(ended.number, ended.settings, "given_up", evaluations=ended.seen)
            forget(self._folder(ended.number))
            return self._kept(found)
        if isinstance(error, Interrupted):
            raise Interrupted(
                _("stopped after {count} recipes; everything is saved.").format(count=len(self.tried)),
                fix=_("Continue with --resume."),
            )
        if isinstance(error, RecipeError | ModelError | RunError) and ended.number:
            return self._failed(ended.number, ended.settings, str(error))
        if error is not None:
            raise error
        attempt = ended.future.result()
        self.memory = max(self.memory, attempt.peak_memory_bytes)
        np.save(attempt.folder / PARTS, self.metric.contributions(attempt.truth, attempt.answered))
        before = self._best if self.tried else ended.number
        score = self._upwards * attempt.value
        found = self._kept(Tried(ended.number, ended.settings, "done", score, attempt.seconds, ended.seen))
        # The given recipe and the best one are needed in the end.
        for other in {before, ended.number} - {0, self._best}:
            forget(self._folder(other))
        return found

    def _failed(self, number: int, settings: dict[str, Any], problem: str) -> Tried:
        self._folder(number).mkdir(parents=True, exist_ok=True)
        return self._kept(Tried(number, settings, "failed", problem=problem))

    def _kept(self, found: Tried) -> Tried:
        self.tried[found.number] = found
        RunFolder(self._folder(found.number)).write_json(TRIED, found.plain())
        if found.state == "done":
            told = _("  {metric} {value} on the development rows, {time}").format(
                metric=metric_name(self.space.recipe.task.primary_metric),
                value=number(self._upwards * (found.score or 0.0), 3), time=duration(found.seconds),
            )  # fmt: skip
        else:
            told = _("  given up") if found.state == "given_up" else "  " + found.problem
        self.listen(Event("note", {"text": told}))
        return found

    def _told(self, number: int, settings: Mapping[str, Any]) -> None:
        told = _("Recipe {number} of {count}: {settings}").format(
            number=number + 1, count=self.most,
            settings=settings_told(settings) if settings else _("as it was given"),
        )  # fmt: skip
        self.listen(Event("note", {"text": told}))

    def _folder(self, number: int) -> Path:
        return self.store.folder / f"trial-{number:03d}"

    def _kept_parts(self, number: int) -> Vector:
        """(N, K): what each development row adds to the sums of the metric."""
        parts: Vector = np.load(self._folder(number) / PARTS, allow_pickle=False)
        return parts

    @property
    def _best(self) -> int:
        """The first of those with the best metric on the development rows."""
        done = {n: found.score for n, found in sorted(self.tried.items()) if found.score is not None}
        return max(done, key=done.__getitem__)

    @cached_property
    def metric(self) -> Metric:
        kind = self.space.recipe.task.primary_metric
        return metrics_of([kind], multi_label=self.prepared.given.multi_label)[kind]

    @cached_property
    def _upwards(self) -> int:
        return direction(self.space.recipe.task.primary_metric)
