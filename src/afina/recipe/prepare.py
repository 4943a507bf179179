"""The stages before training, each computed when it is first asked for.

Training, checking, looking at rows and measuring all begin alike; what one of them does not need is never
computed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from ..adapt import Adapted
from ..data.audit import Audited, Finding
from ..data.load import Dataset
from ..data.load import load as load_data
from ..data.row import Row, Tools
from ..evaluate.metrics import metrics_of
from ..language import _
from ..models.load import DEFAULT_MODEL, Loaded, default_model
from ..models.load import load as load_model
from ..models.network import Network
from ..models.packages import cache_folder
from ..models.probe import tune_process
from ..objectives import OBJECTIVES, Objective
from ..ship.artifact import Predictor
from ..train.fit import Feed, Job, Plan
from ..train.log import Event, Listener, ignore
from ..train.prefix_cache import PrefixCache, States
from ..train.runtime import Runtime
from .check import check_recipe
from .phase import Phase
from .recipe import Recipe

__all__ = ["Prepared", "Training"]


@dataclass(frozen=True)
class Training:
    """One phase of a run, ready to be trained."""

    phase: Phase
    job: Job
    test: Feed
    """The test rows, which the loop never sees."""
    frozen_seconds: float
    """What it took, now or before, to compute what the frozen part of the network says of the rows."""


@dataclass
class Prepared:
    """The stages before training: data and audit, model, rows, method."""

    recipe: Recipe
    listen: Listener = ignore
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Tells and times a stage."""
        self.listen(Event("stage", {"name": name}))
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def warn(self, text: str) -> None:
        """Tells a person something that does not stop the run."""
        self.listen(Event("warning", {"text": text}))

    @cached_property
    def dataset(self) -> Dataset:
        with self.stage("data"):
            dataset = load_data(self.recipe.data, self.recipe.seed)
        for note in dataset.notes:
            self.listen(Event("note", {"text": note}))
        check_recipe(self.recipe, dataset)
        return dataset

    @cached_property
    def loaded(self) -> Loaded:
        language = self.dataset.language
        name = self.recipe.model.name or default_model(language)
        if self.recipe.model.name is None and name != DEFAULT_MODEL:
            told = _("Most of these texts are in '{language}', so the model is {name}.")
            self.listen(Event("note", {"text": told.format(name=name, language=language)}))
        with self.stage("model"):
            tune_process()
            return load_model(self.recipe.model, name=name)

    @cached_property
    def runtime(self) -> Runtime:
        return Runtime()

    @cached_property
    def tools(self) -> Tools:
        return self.recipe.task.tools(self.dataset, self.loaded)

    @cached_property
    def objective(self) -> Objective:
        return self._objective(self.recipe.objective)

    def _objective(self, chosen: Objective | None) -> Objective:
        return chosen or OBJECTIVES.make(self.recipe.task.objective(self.tools))

    @cached_property
    def rows(self) -> dict[str, Feed]:
        """Every split as the network will see it."""
        return {
            name: Feed([self.objective.encode(e, self.tools) for e in split], [str(e.where) for e in split])
            for name, split in self.dataset.splits.items()
        }

    @cached_property
    def truth(self) -> dict[str, NDArray[np.float64]]:
        splits = self.dataset.splits.items()
        return {name: self.recipe.task.truth(split, self.tools) for name, split in splits}

    @cached_property
    def findings(self) -> list[Finding]:
        data, _loaded = self.dataset, self.loaded  # stages of their own
        # Encoding is timed with the audit, which needs the lengths first.
        with self.stage("audit"):
            lengths = {
                name: [len(row.ids) + row.cut for row in feed.rows] for name, feed in self.rows.items()
            }
            audited = Audited(
                splits=data.splits, multi_label=data.multi_label, language=data.language, lengths=lengths,
                limit=self.tools.max_length, dropped=data.dropped, cleaned=data.cleaned,
            )  # fmt: skip
            findings = self.recipe.audit.run(audited)
        for finding in findings:
            self.listen(Event("finding", finding.plain()))
        return findings

    @cached_property
    def features(self) -> dict[str, torch.Tensor]:
        """Split -> (N, H): :attr:`pretrained` in the order of the rows."""
        return {name: self.pretrained.of(feed.rows) for name, feed in self.rows.items()}

    @cached_property
    def pretrained(self) -> States:
        """What the pretrained trunk says of every row. To be asked for before the trunk changes."""
        return self._pooled(self.recipe.task.network(self.loaded, self.tools))

    @cached_property
    def cache(self) -> PrefixCache:
        """Where the states of frozen networks are kept."""
        limit = int(1e9 * self.recipe.train.cache_gigabytes)
        return PrefixCache(
            cache_folder() / "states", limit, lambda why: self.listen(Event("note", {"text": why}))
        )

    @cached_property
    def _every_row(self) -> list[Row]:
        """The rows of all splits: what is kept of them serves any other split of the same data."""
        return [row for feed in self.rows.values() for row in feed.rows]

    def _pooled(self, network: Network) -> States:
        return self.cache.pooled(network, self._every_row, self.objective, self.tools, self.runtime)

    def trainings(self) -> Iterator[Training]:
        """Every phase in turn. Each is to be trained before the next, which starts from it, is asked for."""
        recipe, last = self.recipe, len(self.recipe.before)
        torch.manual_seed(recipe.seed)  # before the head is drawn
        network = recipe.task.network(self.loaded, self.tools, recipe.model.dropout)
        for number, phase in enumerate(recipe.phases):
            if number:
                torch.manual_seed(recipe.seed)
            adapted = phase.adapt.apply(network)
            yield self._training(phase, adapted)
            if number < last:
                network = adapted.merge()

    def _training(self, phase: Phase, adapted: Adapted) -> Training:
        recipe, objective = self.recipe, self._objective(phase.objective)
        with self.runtime.one_first():  # the other processes of a machine find what the first one keeps
            feeds, frozen_seconds = self._feeds(adapted)
        primary = recipe.task.primary_metric
        metric = metrics_of([primary], multi_label=self.tools.multi_label)[primary]

        def measure(answered: NDArray[np.float32]) -> float:
            return float(metric(self.truth["dev"], self.outputs(answered)))

        plan = Plan.of(phase.train, objective, phase.adapt, feeds["train"], recipe.seed)
        job = Job(
            adapted, objective, self.tools, feeds["train"], feeds["dev"],
            None if objective.reads_vectors else measure, phase.train, plan, recipe.seed, self.runtime,
        )  # fmt: skip
        return Training(phase, job, feeds["test"], frozen_seconds)

    def _feeds(self, adapted: Adapted) -> tuple[dict[str, Feed], float]:
        """The rows of every split, with what the frozen part of the network says of them."""
        if adapted.trunk_frozen:
            kept = self._pooled(adapted.network)
            feeds = {n: Feed(f.rows, f.places, features=kept.of(f.rows)) for n, f in self.rows.items()}
            return feeds, kept.seconds
        states = self.cache.prefix(
            adapted.network, adapted.frozen_blocks, self._every_row, self.objective, self.tools, self.runtime
        )
        if states is None:
            return self.rows, 0.0
        return {n: Feed(f.rows, f.places, states=states) for n, f in self.rows.items()}, states.seconds

    def outputs(self, answered: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.recipe.task.outputs(torch.from_numpy(answered), self.tools)

    def predictor(self, adapted: Adapted) -> Predictor:
        details = {
            "base_model": self.loaded.name,
            "licence": self.loaded.licence,
            "language": self.dataset.language,
            "text_column": self.dataset.columns.text,
            "label_column": self.dataset.columns.label,
        }
        # Predicting is done on the CPU, wherever it was trained.
        network = adapted.merge().cpu()
        method = None if network.beside is None else self.recipe.adapt
        return Predictor(network, self.tools, self.recipe.task, self.recipe.data.clean, details, method)

    def identity(self) -> str:
        """What a checkpoint belongs to: settings, data and weights."""
        parts = [json.dumps(self.recipe.decisive(), sort_keys=True), self.dataset.fingerprint]
        return hashlib.sha256("\n".join([*parts, self.loaded.fingerprint]).encode()).hexdigest()
