"""One model of several finished runs: their weights combined, measured like a run, kept like a run."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .adapt.features import Features
from .combine import COMBINERS, Combined, Combiner, Weights, check_alike
from .data.example import LabelledText
from .data.load import Columns, read_labelled
from .errors import DataError, ModelError, RecipeError
from .evaluate import report as reports
from .evaluate.compare import Candidate, compare
from .evaluate.metrics import metrics_of
from .evaluate.page import render
from .evaluate.statistics import draws, resample
from .evaluate.words import split_name
from .language import _, current, speaking
from .models.network import Network
from .models.probe import probe
from .recipe.prepare import Prepared
from .recipe.recipe import Recipe
from .run import Result
from .runs.store import RunFolder, find, opened, placed, stored_recipe
from .ship import artifact, card
from .ship.predictor import Predictor
from .train.closed_form import solve
from .train.log import Event, Listener, ignore
from .train.runtime import Runtime

__all__ = ["combine"]

#: Fewer rows that none of the runs has seen choose nothing and prove nothing.
LEAST_ROWS = 20


def combine(
    kind: str,
    runs: Sequence[str | Path],
    *,
    settings: Mapping[str, Any] | None = None,
    also: Sequence[str | Path] = (),
    out: Path | None = None,
    listen: Listener = ignore,
) -> Result:
    """Combines the weights of finished runs into a new one.

    The pretrained model that the runs started from is loaded anew; its head is the probe, the linear head
    that fits the frozen trunk best. What a way tries is chosen on the development rows alone. Rows that
    another run was trained on, because its seed split the data differently, count for nothing.

    Args:
        kind: the way, as ``afina list combiners`` tells them.
        runs: finished runs, by path or by name.
        settings: of the way, such as ``{"alphas": [0, 0.5, 1]}``.
        also: labelled files of other kinds of texts, on which every trial is measured; they choose nothing.
        out: the new folder; None for one under ``runs/``, called after the first run and the way.

    Raises:
        InputError: a run, setting or file is wrong, or the networks do not have the same architecture.
    """
    way = COMBINERS.make({"kind": kind, **(settings or {})})
    sources = [_Source.of(find(run)) for run in runs]
    _check_number(way, sources)
    first = sources[0]
    recipe = first.recipe.model_copy(update={"name": f"{first.folder.resolve().name}-{kind}"})
    with speaking(recipe.language or current()):
        work = _Work(way, sources, [Path(path) for path in also], listen)
        store = RunFolder(placed(recipe, out, False))
        with opened(store, recipe, False):
            return Result(store.folder, work.run(store))


@dataclass(frozen=True)
class _Source:
    """A finished run."""

    folder: Path
    recipe: Recipe
    predictor: Predictor
    report: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> _Source:
        report = RunFolder(folder).report
        if report is None:
            raise ModelError(
                _("this run is not finished."), where=str(folder), fix=_("Continue it with --resume.")
            )
        return cls(folder, stored_recipe(folder), artifact.load_predictor(folder), report)

    @property
    def name(self) -> str:
        return self.folder.resolve().name


def _check_number(way: Combiner, sources: Sequence[_Source]) -> None:
    count = len({source.folder.resolve() for source in sources})
    if count != len(sources):
        raise RecipeError(_("a run is named twice."), where=", ".join(str(s.folder) for s in sources))
    if count < way.least or (way.most is not None and count > way.most):
        wanted = str(way.least) if way.least == way.most else _("{least} or more").format(least=way.least)
        raise RecipeError(
            _("'{kind}' needs this number of runs: {wanted} (got {count}).").format(
                kind=way.kind, wanted=wanted, count=count
            ),
            where="RUN",
        )


class _Work:
    """Everything that is loaded for a combination."""

    def __init__(
        self, way: Combiner, sources: Sequence[_Source], also: Sequence[Path], listen: Listener
    ) -> None:
        self.way, self.sources, self.listen = way, sources, listen
        first = sources[0]
        probing = {"adapt": Features(), "before": (), "objective": None}
        self.prepared = Prepared(first.recipe.model_copy(update=probing), listen)
        for source in sources:
            _check_origin(first, source)
            _check_data(source, self.prepared)
        self.splits = self._unseen()
        labels, task = self.prepared.tools.labels, self.prepared.recipe.task
        self.truth = {name: task.truth(rows, self.prepared.tools) for name, rows in self.splits.items()}
        columns = Columns(first.predictor.details["text_column"], first.predictor.details["label_column"])
        multi_label = self.prepared.tools.multi_label
        self.also = [
            (path, read_labelled(path, first.recipe.data, columns, labels, multi_label)) for path in also
        ]

    def run(self, store: RunFolder) -> dict[str, Any]:
        """Combines, measures, writes the model and the report."""
        prepared, sources, kind = self.prepared, self.sources, self.way.kind
        training = next(prepared.trainings())
        with prepared.stage("train"):
            began = time.perf_counter()
            solve(training.job)
            probe_seconds = time.perf_counter() - began + training.frozen_seconds
        # Answers with whatever weights are loaded; features alone add nothing to the trunk.
        predictor = prepared.shipped(training.job.adapted)
        assert isinstance(predictor, Predictor)
        weights = [_weights(predictor.network), *(_weights(s.predictor.network) for s in sources)]
        for source, own in zip(sources, weights[1:], strict=True):
            check_alike(weights[0], own, (prepared.loaded.name, str(source.folder)))
        with prepared.stage("evaluate"):
            began = time.perf_counter()
            combined = self.way.combine(weights[0], weights[1:], lambda w: self._score(predictor, w))
            seconds = time.perf_counter() - began
            spent = [float(source.report["trained"]["seconds"]) for source in sources]
            answered = [
                ("features", weights[0], probe_seconds),
                *((s.name, w, t) for s, w, t in zip(sources, weights[1:], spent, strict=True)),
                (kind, combined.weights, seconds + sum(spent)),
            ]
            candidates = [self._candidate(predictor, *each) for each in answered]
        with prepared.stage("artifact"):
            artifact.write(predictor, store.model)
            texts = [example.text for example in self.splits["dev"][:64]]
            artifact.check_parity(predictor, store.model, texts)
        report = self._report(store, combined, candidates, predictor)
        about = {"base_model": prepared.loaded.name, "licence": prepared.loaded.licence}
        (store.model / "README.md").write_text(card.render(report, **about), encoding="utf-8")
        store.write("report.html", render(report))
        store.write_json("report.json", report)
        self.listen(Event("done", {"run": str(store.folder)}))
        return report

    def _unseen(self) -> dict[str, Sequence[LabelledText]]:
        """The rows of dev and test that no run was trained on, and for test that chose nothing in any."""
        splits = self.prepared.dataset.splits
        first = self.sources[0].recipe
        trained: set[str] = set()
        chose: set[str] = set()
        for source in self.sources[1:]:
            if (source.recipe.data, source.recipe.seed) != (first.data, first.seed):
                others = Prepared(source.recipe).dataset.splits
                trained |= {example.text for example in others.train}
                chose |= {example.text for example in others.dev}
        left: dict[str, Sequence[LabelledText]] = {
            "train": splits.train,
            "dev": [example for example in splits.dev if example.text not in trained],
            "test": [example for example in splits.test if example.text not in trained | chose],
        }
        for name in ("dev", "test"):
            if len(left[name]) < LEAST_ROWS:
                raise DataError(
                    _("{count} {split} rows are left that none of the runs was trained on.").format(
                        count=len(left[name]), split=split_name(name)
                    ),
                    where=str(first.data.path),
                    fix=_("Split the data into files first: then runs with other seeds share the split."),
                )
        return left

    def _answers(self, predictor: Predictor, split: str) -> NDArray[np.float64]:
        return predictor.probabilities([example.text for example in self.splits[split]])

    def _score(self, predictor: Predictor, weights: Weights) -> dict[str, Any]:
        """The primary metric on the development rows, which chooses; and what it is elsewhere, to be told."""
        _load(predictor.network, weights)
        primary = predictor.task.primary_metric
        metric = metrics_of([primary], multi_label=predictor.tools.multi_label)[primary]
        recipe = self.prepared.recipe

        def interval(truth: NDArray[np.float64], texts: Sequence[LabelledText]) -> dict[str, float]:
            answered = predictor.probabilities([example.text for example in texts])
            counts = draws(len(truth), recipe.evaluate.resamples, recipe.seed)
            return resample(metric, truth, answered, counts).interval().plain()

        return {
            "dev": float(metric(self.truth["dev"], self._answers(predictor, "dev"))),
            "test": interval(self.truth["test"], self.splits["test"]),
            "also": [
                interval(predictor.task.truth(examples, predictor.tools), examples)
                for _path, examples in self.also
            ],
        }

    def _candidate(self, predictor: Predictor, name: str, weights: Weights, seconds: float) -> Candidate:
        _load(predictor.network, weights)
        size = 4 * sum(parameter.numel() for parameter in predictor.network.parameters())
        return Candidate(
            name, self._answers(predictor, "dev"), self._answers(predictor, "test"), seconds, size
        )

    def _report(
        self, store: RunFolder, combined: Combined, candidates: list[Candidate], predictor: Predictor
    ) -> dict[str, Any]:
        prepared, first, kind = self.prepared, self.sources[0], self.way.kind
        recipe, tools = first.recipe, prepared.tools
        comparison = compare(
            candidates, self.truth["dev"], self.truth["test"], primary=recipe.task.primary_metric,
            metrics=metrics_of(recipe.task.metrics(tools), multi_label=tools.multi_label),
            seed=recipe.seed, resamples=recipe.evaluate.resamples,
        )  # fmt: skip
        versions = reports.versions()
        place = shlex.quote(str(store.folder))
        total = sum(parameter.numel() for parameter in predictor.network.parameters())
        return {
            "afina": versions["afina"],
            "language": current(),
            "name": store.folder.resolve().name,
            "created": reports.created(),
            "task": recipe.task.kind,
            "model": prepared.loaded.name,
            "adapt": kind,
            "before": [],
            "objective": first.report["objective"],
            "primary_metric": recipe.task.primary_metric,
            "labels": list(tools.labels),
            "multi_label": tools.multi_label,
            "pooling": prepared.loaded.pooling,
            "data_language": prepared.dataset.language,
            "rows": {name: len(rows) for name, rows in self.splits.items()},
            "notes": self._notes(),
            "cleaned": len(prepared.dataset.cleaned),
            "seed": recipe.seed,
            "versions": versions,
            "machine": probe().plain(),
            "tokens_per_second": None,
            "padding": None,
            "curves": [],
            "best_step": None,
            "recipe": recipe.plain(),
            "combination": {
                **self.way.plain(),
                "runs": [str(source.folder) for source in self.sources],
                "also": [str(path) for path, _examples in self.also],
                "tried": combined.tried,
                "chosen": combined.chosen,
            },
            **reports.compared(comparison, kind),
            **reports.answers(
                candidates[-1].test, self.truth["test"], list(self.splits["test"]), tools.labels,
                multi_label=tools.multi_label, count=recipe.evaluate.examples,
            ),
            "parameters": {"total": total, "trainable": 0},
            "audit": [],
            "seconds": prepared.seconds,
            "peak_memory_bytes": Runtime.peak_memory_bytes(),
            "reproduce": [self._command()],
            "next": [f'afina predict {place} "…"', f"afina evaluate {place} other.csv"],
            "fingerprints": first.report["fingerprints"],
        }  # fmt: skip

    def _notes(self) -> list[str]:
        told = [
            _("The pretrained model's head is a probe: the linear head that fits the frozen model best."),
        ]
        splits = self.prepared.dataset.splits
        left_out = sum(len(rows) - len(self.splits[name]) for name, rows in splits.items())
        if left_out:
            told.append(
                _("{count} rows are left out, as another run was trained on them.").format(count=left_out)
            )
        return told

    def _command(self) -> str:
        parts = ["afina", "combine", self.way.kind, *(str(source.folder) for source in self.sources)]
        for path, _examples in self.also:
            parts += ["--also", str(path)]
        default = COMBINERS.make(self.way.kind).plain()
        for name, value in self.way.plain().items():
            if value != default[name]:
                parts += ["--set", f"combine.{name}={json.dumps(value)}"]
        return shlex.join(parts)


def _check_origin(first: _Source, other: _Source) -> None:
    """Raises ModelError unless both started from one model and answer the same question."""
    for name, of in (
        (_("base models"), lambda source: source.predictor.details["base_model"]),
        (_("labels"), lambda source: ", ".join(source.predictor.tools.labels)),
        (_("ways of pooling"), lambda source: source.predictor.network.pooling),
    ):
        if of(first) != of(other):
            raise ModelError(
                _("these runs have different {what}: {first} and {second}.").format(
                    what=name, first=of(first), second=of(other)
                ),
                where=str(other.folder),
                fix=_("Only models that were tuned from one and the same model can be combined."),
            )


def _check_data(source: _Source, prepared: Prepared) -> None:
    """Raises DataError where the data are no longer those of the run: its rows could not be told apart."""
    same = source.recipe.data == prepared.recipe.data and source.recipe.seed == prepared.recipe.seed
    dataset = prepared.dataset if same else Prepared(source.recipe).dataset
    if dataset.fingerprint != source.report["fingerprints"]["data"]:
        raise DataError(
            _("the data of this run have changed since it was trained."),
            where=f"{source.folder}: {source.recipe.data.path}",
            fix=_("Train it again on the data as they are now."),
        )


def _weights(network: Network) -> Weights:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _load(network: Network, weights: Weights) -> None:
    with torch.no_grad():
        network.load_state_dict(weights)
