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
from ..data.language_of import UNSURE
from ..data.load import Dataset
from ..data.load import load as load_data
from ..data.row import Tools
from ..evaluate.metrics import metrics_of
from ..language import _
from ..models.load import Loaded
from ..models.load import load as load_model
from ..models.probe import tune_process
from ..objectives import OBJECTIVES, Objective
from ..ship.artifact import BUDGET, Predictor
from ..train.fit import Feed, Job, Plan
from ..train.log import Event, Listener, ignore
from ..train.prefix_cache import pooled_features
from ..train.runtime import Runtime
from .check import check_recipe
from .recipe import Recipe

__all__ = ["Prepared"]


@dataclass
class Prepared:
    """The stages before training: data and audit, model, rows, method."""

    recipe: Recipe
    listen: Listener = ignore
    seconds: dict[str, float] = field(default_factory=dict)
    features_seconds: float = 0.0
    """What :attr:`features` took, whichever stage asked first."""

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
        with self.stage("model"):
            tune_process()
            loaded = load_model(self.recipe.model)
        language = self.dataset.language
        if self.recipe.model.name is None and language not in ("en", UNSURE):
            told = _(
                "The default model, {name}, learnt from English, and most of these texts are in "
                "'{language}': it may do worse than the cheaper ways. Choose another with --model."
            )
            self.warn(told.format(name=loaded.name, language=language))
        return loaded

    @cached_property
    def runtime(self) -> Runtime:
        return Runtime()

    @cached_property
    def tools(self) -> Tools:
        return self.recipe.task.tools(self.dataset, self.loaded)

    @cached_property
    def objective(self) -> Objective:
        return self.recipe.objective or OBJECTIVES.make(self.recipe.task.objective(self.tools))

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
        """What the pretrained trunk says of every row. Taken before the trunk changes."""
        began = time.perf_counter()
        network = self.recipe.task.network(self.loaded, self.tools)
        features = {
            name: pooled_features(network, self.objective, feed.rows, self.tools, BUDGET, self.runtime)
            for name, feed in self.rows.items()
        }
        self.features_seconds = time.perf_counter() - began
        return features

    def job(self) -> Job:
        """The training itself. Seeded before the head is drawn."""
        recipe = self.recipe
        torch.manual_seed(recipe.seed)
        network = recipe.task.network(self.loaded, self.tools, recipe.model.dropout)
        adapted = recipe.adapt.apply(network)
        train, dev = self.feed("train", adapted), self.feed("dev", adapted)
        primary = recipe.task.primary_metric
        metric = metrics_of([primary], multi_label=self.tools.multi_label)[primary]
        truth = self.truth["dev"]
        return Job(
            adapted, self.objective, self.tools, train, dev,
            lambda answered: float(metric(truth, self.outputs(answered))),
            recipe.train, Plan.of(recipe.train, adapted, recipe.adapt, train, recipe.seed),
            recipe.seed, self.runtime,
        )  # fmt: skip

    def feed(self, split: str, adapted: Adapted) -> Feed:
        """The rows of a split, with the trunk's output where it cannot change any more."""
        feed = self.rows[split]
        return Feed(feed.rows, feed.places, self.features[split]) if adapted.trunk_frozen else feed

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
        return Predictor(network, self.tools, self.recipe.task, self.recipe.data.clean, details)

    def identity(self) -> str:
        """What a checkpoint belongs to: settings, data and weights."""
        parts = [json.dumps(self.recipe.decisive(), sort_keys=True), self.dataset.fingerprint]
        return hashlib.sha256("\n".join([*parts, self.loaded.fingerprint]).encode()).hexdigest()
