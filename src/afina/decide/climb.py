"""From the cheapest way to the dearest, as far as it can repay.

A way of fine-tuning is left out when

* ``ceiling``: the best so far is within the least gain that counts of the best value there is;
* ``too_few_rows``: not even answers without a mistake could be proven better on so few development rows;
* ``cannot_repay``: if it gained over the way of training before it as much as that gained over its own
  forerunner (the upper end of that gain's 95 % interval), it would still not change what is recommended so
  far, the cheapest way that is not provably worse than the best: it would not exceed that by the least gain
  that counts, or by what these development rows detect four times in five, whichever is larger;
* ``budget``: its forecast exceeds ``budget``;
* ``memory``: it does not fit.

The first way of fine-tuning has no such forerunner, so only the other four rules can leave it out.

Where several are trained at once, all begin that the ways without training and the forecasts do not rule out.
The rules are still asked in this order, with what the cheaper ways gave: one that they leave out is given up,
and what it may have found is not looked at. So the same ways are told as if they were trained one by one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..adapt import METHODS
from ..errors import RunError
from ..evaluate.baselines import BASELINES
from ..evaluate.metrics import metrics_of
from ..evaluate.settings import kind_of
from ..evaluate.statistics import Resampled, draws, resample, smallest_detectable
from ..evaluate.words import candidate_name, direction, duration, metric_name, number
from ..language import _
from ..measuring import MEASURING
from ..recipe.check import problems
from ..recipe.memory import check_memory
from ..recipe.plan import forecast
from ..recipe.prepare import Prepared
from ..recipe.recipe import Recipe
from ..train.fit import Job
from ..train.log import Event, Listener
from ..train.stop import Stop
from .attempt import Attempt, forget
from .beside import cheapest_of
from .interpolated import Interpolated
from .rules import Rules
from .rung import TRAINED, LeftOut, Rung, stored
from .runner import Runner
from .texts import Texts, Written, texts_of

__all__ = ["Climb"]

#: Ways without training, cheapest first. One that is not named here stands where its time puts it.
SIMPLE = (
    "majority", "mean", "lexicon", "word_tags", "tfidf", "tfidf_ridge", "word_shapes", "tfidf_search", "bm25",
    "nearest", "nearest_mean", "untrained", "zero_shot", "few_shot", "retrieval", "documents",
)  # fmt: skip
#: Standard errors that a difference needs to be found four times in five by a two-sided test at 5 %.
DETECTED = 1.96 + 0.84
#: From so many rows on, resampling can tell anything at all.
LEAST_ROWS = 5


class Climb:
    """The rungs of one recipe's data, in :attr:`rungs` and :attr:`left_out`."""

    def __init__(self, recipe: Recipe, rules: Rules, folder: Path, listen: Listener, runner: Runner) -> None:
        self.recipe, self.rules, self.folder, self.listen, self.runner = recipe, rules, folder, listen, runner
        self.prepared = Prepared(recipe, listen)
        self.rungs: list[Rung] = []
        self.left_out: list[LeftOut] = []
        self.primary = recipe.task.primary_metric
        self._kept: dict[str, Rung] = {}
        self._values: dict[tuple[str, str], Resampled] = {}
        self._begun: dict[str, tuple[Future[Attempt], Stop]] = {}
        self._plans: dict[str, LeftOut] = {}
        self._bytes: dict[str, int] = {}

    def climb(self) -> None:
        """Raises RunError and Interrupted; finished rungs are kept on the disk."""
        self._kept = stored(self._shelf)
        self._simple()
        ways = {kind: self.trained_recipe(kind) for kind in TRAINED}
        ways = {kind: recipe for kind, recipe in ways.items() if not problems(recipe)}  # that the task has
        if self.runner.workers > 1:
            # All forecasts first: they are made on a machine that does nothing else.
            ready = [kind for kind, recipe in ways.items() if self._refused(kind, recipe) is None]
            for kind in ready:
                if kind not in self._kept:
                    self._begin(kind, ways[kind])
        for kind, recipe in ways.items():
            left_out = self._refused(kind, recipe)
            if left_out is None:
                self._add(self._kept.get(kind) or self._trained(kind, recipe))
            else:
                self._give_up(kind)
                self.left_out.append(left_out)
        tuned = [rung for rung in self.rungs if rung.fine_tuned]
        if tuned and self.recipe.task.labels:
            best = max(tuned, key=lambda rung: direction(self.primary) * self.value(rung.name).value)
            self._add(self._kept.get("interpolate") or self._interpolated(best))

    def trained_recipe(self, kind: str) -> Recipe:
        """The run that a way of training becomes: beside the simplest way alone, as no other may answer the
        test rows."""
        adapt = self.recipe.adapt if self.recipe.adapt.kind == kind else METHODS.make(kind)
        simplest = self.rungs[0].name
        beside = (simplest,) if simplest in BASELINES else ()
        evaluate = self.recipe.evaluate.model_copy(update={"baselines": beside})
        changed = {"adapt": adapt, "before": (), "name": None, "evaluate": evaluate}
        return self.recipe.model_copy(update=changed)

    def untrained_recipe(self, names: Collection[str] | None = None, *, texts: bool = True) -> Recipe:
        """The recipe with nothing but ways that train no weights: those of ``names``, or all that are asked
        for. What training gives too is a rung of its own.

        Args:
            texts: whether they are generated in full, where the task does.
        """
        recipe, task = self.recipe, self.recipe.task
        wanted = task.baselines if recipe.evaluate.baselines is None else recipe.evaluate.baselines
        kinds = tuple(
            given
            for given in wanted
            if ((kind := kind_of(given)) not in BASELINES or BASELINES[kind].method is None)
            and (names is None or kind in names)
        )
        changed: dict[str, Any] = {
            "evaluate": recipe.evaluate.model_copy(update={"baselines": kinds, "label_errors": 0})
        }
        if hasattr(task, "general"):
            changed["task"] = task.model_copy(update={"general": False, **({} if texts else {"answered": 0})})
        return recipe.model_copy(update=changed)

    def place(self, kind: str) -> Path:
        """The folder of a way of training."""
        return self.folder / kind

    def quietly(self, event: Event) -> None:
        """Tells what is new: the data and the model are the same for every way."""
        if event.kind != "note" and event.data.get("name") not in ("data", "model", "evaluate"):
            self.listen(event)

    def value(self, name: str, kind: str | None = None) -> Resampled:
        """A metric of a rung on the development rows and their resamples; None: the primary one."""
        asked = name, kind or self.primary
        if asked not in self._values:
            rung = next(rung for rung in self.rungs if rung.name == name)
            if self.texts and asked[1] in self.texts.kinds:
                self._values[asked] = self.texts.measured(rung.texts, asked[1])
            else:
                metric = self.metrics[asked[1]]
                self._values[asked] = resample(metric, self.truth, rung.answered, self._counts)
        return self._values[asked]

    def plain(self, name: str) -> dict[str, Any]:
        """Every metric of a rung, with its interval."""
        kinds = [*self.metrics, *(self.texts.kinds if self.texts else ())]
        return {kind: self.value(name, kind).interval().plain() for kind in kinds}

    @cached_property
    def texts(self) -> Texts | None:
        """The development rows that are answered in full, where texts are generated."""
        return texts_of(self.prepared.without_test(self.untrained_recipe()))

    def written(self) -> Written | None:
        """What the rungs wrote, where enough rows were answered to prove anything."""
        texts = self.texts
        if texts is None or not texts.provable(len(self.rungs)):
            return None
        return texts.written({rung.name: rung.texts for rung in self.rungs})

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        tools = self.prepared.tools
        return metrics_of(self.recipe.task.metrics(tools), multi_label=tools.multi_label)

    @cached_property
    def truth(self) -> Any:
        return MEASURING[self.recipe.task.measured_by](self.prepared).truth("dev")

    @property
    def best(self) -> Rung:
        """The best so far; the cheapest of equal ones."""
        return max(self.rungs, key=lambda rung: direction(self.primary) * self.value(rung.name).value)

    @cached_property
    def least_gain(self) -> float:
        """The least gain that counts, in units of the primary metric."""
        bounded = all(map(math.isfinite, self.metrics[self.primary].limits))
        return self.rules.least_gain * (1.0 if bounded else self.value(self.rungs[0].name).value)

    @cached_property
    def _counts(self) -> Any:
        return draws(len(self.truth), self.recipe.evaluate.resamples, self.recipe.seed)

    @property
    def _shelf(self) -> Path:
        return self.folder / "rungs"

    def _add(self, rung: Rung) -> None:
        self.rungs.append(rung)
        if rung.name not in self._kept:
            rung.store(self._shelf)
        told = _("{name}: {metric} {value} on the development rows").format(
            name=candidate_name(rung.name), metric=metric_name(self.primary),
            value=number(self.value(rung.name).value, 3),
        )  # fmt: skip
        self.listen(Event("note", {"text": told}))

    def _simple(self) -> None:
        """What needs no training of weights, all at once."""
        done = self._shelf / ".simple"
        if done.exists():
            found = [rung for rung in self._kept.values() if rung.name not in (*TRAINED, "interpolate")]
        else:
            blind = self.prepared.without_test(self.untrained_recipe())
            with blind.stage("baselines"):
                candidates = MEASURING[self.recipe.task.measured_by](blind).before(timed=True)
            found = [
                Rung(
                    one.name, one.dev, one.seconds, one.size_bytes, one.milliseconds_per_row, texts=one.texts
                )
                for one in candidates
            ]
        for rung in _in_order(found):
            self._add(rung)
        done.touch()

    def _trying(self, kind: str) -> None:
        self.listen(Event("note", {"text": _("Trying: {name}").format(name=candidate_name(kind))}))

    def _begin(self, kind: str, recipe: Recipe) -> None:
        """The one place where a training begins."""
        self._trying(kind)
        stop = Stop()
        future = self.runner.submit(
            recipe, self.place(kind), at_work=True, listen=self.quietly, stop=stop,
            memory=self._bytes.get(kind, 0),
        )  # fmt: skip
        self._begun[kind] = future, stop

    def _trained(self, kind: str, recipe: Recipe) -> Rung:
        if kind not in self._begun:
            self._begin(kind, recipe)
        tried = self._begun[kind][0].result()
        return Rung(
            kind, tried.answered, tried.seconds, tried.size_bytes, tried.milliseconds_per_row,
            tried.peak_memory_bytes, texts=tried.texts,
        )  # fmt: skip

    def _give_up(self, kind: str) -> None:
        if kind in self._begun:
            future, stop = self._begun[kind]
            stop.request()
            wait([future])
            forget(self.place(kind))

    def _interpolated(self, tuned: Rung) -> Rung:
        self._trying("interpolate")
        recipe = self.trained_recipe(tuned.name)
        return Interpolated(recipe, self.place(tuned.name), self.quietly).rung(tuned)

    def _refused(self, kind: str, recipe: Recipe) -> LeftOut | None:
        """Why a way of training is left out; None where it is to be tried."""
        if kind == TRAINED[0] or kind in self._kept:
            return None
        out = self._ceiling(kind) or self._too_few(kind) or self._cannot_repay(kind)
        if out is not None and out.code == "too_few_rows":
            return out
        if kind not in self._plans:
            self._plans[kind] = self._planned(kind, recipe)
        plan = self._plans[kind]
        if out is not None:
            return replace(out, forecast=plan.forecast)
        return plan if plan.code else None

    def _planned(self, kind: str, recipe: Recipe) -> LeftOut:
        """What the training would take, and why it is left out for that; no code where it is not."""
        with self._ready(recipe) as job:
            try:
                self._bytes[kind] = check_memory(job, lambda text: None)
            except RunError as error:
                return LeftOut(kind, "memory", str(error))
            seconds, budget = forecast(job).seconds, self.rules.budget
        if budget is None or seconds <= budget:
            return LeftOut(kind, "", "", forecast=seconds)
        told = _("its training would take about {seconds}, more than the budget of {budget}.")
        reason = told.format(seconds=duration(seconds), budget=duration(budget))
        return LeftOut(kind, "budget", reason, forecast=seconds)

    @contextmanager
    def _ready(self, recipe: Recipe) -> Iterator[Job]:
        """A training that is not begun, of the model that is loaded already; it is left as it was."""
        job = next(self.prepared.shared(recipe).trainings()).job
        yield job
        job.adapted.merge()  # nothing was learnt

    @property
    def _room(self) -> float:
        """How much better than the best so far a way could be."""
        metric = self.metrics[self.primary]
        highest = metric.limits[1] if metric.greater_is_better else -metric.limits[0]
        return float(highest - direction(self.primary) * self.value(self.best.name).value)

    def _ceiling(self, kind: str) -> LeftOut | None:
        if self._room >= self.least_gain:
            return None
        told = _("{best} leaves only {room} to gain, less than is worth it ({least}).")
        reason = told.format(
            best=candidate_name(self.best.name), room=number(self._room, 3),
            least=number(self.least_gain, 3),
        )  # fmt: skip
        return LeftOut(kind, "ceiling", reason, reach=self._room)

    def _too_few(self, kind: str) -> LeftOut | None:
        rows, room = len(self.truth), self._room
        provable = rows >= LEAST_ROWS
        if self.metrics[self.primary].of_labels:
            provable = smallest_detectable(rows, min(1.0, room)) <= room
        if provable:
            return None
        told = _("with {rows} development rows not even perfect answers could be proven better than {best}.")
        reason = told.format(rows=number(rows), best=candidate_name(self.best.name))
        return LeftOut(kind, "too_few_rows", reason)

    def _cannot_repay(self, kind: str) -> LeftOut | None:
        steps = [rung for rung in self.rungs if rung.name in (*TRAINED, "untrained")]
        if not steps or not steps[-1].fine_tuned or len(steps) < 2:
            return None
        before, last = (self.value(rung.name) for rung in steps[-2:])
        gain, sign = last.minus(before), direction(self.primary)
        upper = gain.high if sign > 0 else -gain.low
        names = [rung.name for rung in self.rungs]
        choice = cheapest_of(names, {name: self.value(name) for name in names}, self.primary)
        recommended = self.value(choice)
        detected = detectable(last, before if choice == steps[-1].name else recommended)
        threshold = max(self.least_gain, detected)
        reach = sign * (last.value - recommended.value) + upper
        if reach >= threshold:
            return None
        if upper <= 0:
            told = _("{last} is worse than {before}; what moves more is not expected to be better.")
        elif reach <= 0:
            told = _(
                "{last} gained {gain} over {before} (at most {upper}); even as much again would not go "
                "beyond what is recommended so far, {choice}."
            )
        else:
            told = _(
                "{last} gained {gain} over {before} (at most {upper}); even as much again would be at most "
                "{reach} above what is recommended so far, {choice}, less than is worth it or could be "
                "proven ({threshold})."
            )
        reason = told.format(
            last=candidate_name(steps[-1].name), before=candidate_name(steps[-2].name),
            gain=number(sign * gain.difference, 3), upper=number(upper, 3), reach=number(reach, 3),
            threshold=number(threshold, 3), choice=candidate_name(choice),
        )  # fmt: skip
        return LeftOut(kind, "cannot_repay", reason, reach=reach, detected=detected)


def detectable(a: Resampled, b: Resampled) -> float:
    """The difference between two on the same rows that is found four times in five."""
    return float(DETECTED * np.std(a.values - b.values))


def _in_order(rungs: list[Rung]) -> list[Rung]:
    """By kind, the cheapest first; unknown kinds behind the last known one that takes no longer."""
    known = sorted((r for r in rungs if r.name in SIMPLE), key=lambda r: SIMPLE.index(r.name))
    for rung in sorted((r for r in rungs if r.name not in SIMPLE), key=lambda r: r.seconds):
        cheaper = [place for place, other in enumerate(known, 1) if other.seconds <= rung.seconds]
        known.insert(cheaper[-1] if cheaper else 0, rung)
    return known
