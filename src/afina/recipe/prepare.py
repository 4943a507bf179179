"""The stages before training, each computed when it is first asked for.

Training, checking, looking at rows and measuring all begin alike; what one of them does not need is never
computed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..adapt import Adapted
from ..data.audit import Audited, Finding, Suspect
from ..data.example import Splits
from ..data.load import Dataset
from ..data.render import shown_tokens
from ..data.row import Row, Tools
from ..errors import DataError, ModelError, Problem, RecipeError
from ..evaluate.label_errors import suspects
from ..evaluate.metrics import metrics_of
from ..evaluate.words import duration
from ..language import _, ngettext
from ..models.load import DEFAULT_MODEL, Loaded
from ..models.load import load as load_model
from ..models.network import Network, VectorNetwork
from ..models.packages import cache_folder
from ..models.probe import tune_process
from ..objectives import OBJECTIVES, Objective
from ..objectives.distill import Distill
from ..ship.artifact import SHIPPED, load_predictor
from ..ship.shipped import Shipped
from ..tasks.texts import TextTask
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
    own: Prepared | None
    """Where its data come from, when it has data of its own."""
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
    def given(self) -> Dataset:
        """The data as they were read."""
        with self.stage("data"):
            dataset = self.recipe.task.read(self.recipe.data, self.recipe.seed)
        for note in dataset.notes:
            self.listen(Event("note", {"text": note}))
        check_recipe(self.recipe, dataset)
        return dataset

    @cached_property
    def loaded(self) -> Loaded:
        language, task = self.given.language, self.recipe.task
        name = self.recipe.model.name or task.default_model(language)
        if self.recipe.model.name is None and task.head == "new" and name != DEFAULT_MODEL:
            told = _("Most of these texts are in '{language}', so the model is {name}.")
            self.listen(Event("note", {"text": told.format(name=name, language=language)}))
        with self.stage("model"):
            tune_process()
            loaded = load_model(self.recipe.model, name=name, head=self.recipe.head)
        if loaded.start is not None and not task.generates:
            raise ModelError(
                _("{name} has an encoder and a decoder; a network of one stack of blocks is needed.").format(
                    name=name
                ),
                where="model.name",
            )
        if loaded.new:
            told = _(
                "{name} comes without the head that names words: it starts from nothing, and perplexity "
                "before training says nothing."
            )
            self.listen(Event("note", {"text": told.format(name=name)}))
        return loaded

    @cached_property
    def runtime(self) -> Runtime:
        return Runtime()

    @cached_property
    def tools(self) -> Tools:
        tools = self.recipe.task.tools(self.given, self.loaded)
        objective = self.recipe.objective
        return (
            replace(tools, taught=self._taught(objective, tools)) if isinstance(objective, Distill) else tools
        )

    def _taught(self, objective: Distill, tools: Tools) -> dict[str, tuple[float, ...]]:
        """What the teacher says of every text. Raises RecipeError where it knows other labels."""
        teacher = load_predictor(objective.teacher)
        if teacher.tools.labels != tools.labels:
            raise RecipeError(
                _("the teacher knows other labels ({theirs}) than the data have ({own}).").format(
                    theirs=", ".join(teacher.tools.labels), own=", ".join(tools.labels)
                ),
                where="objective.teacher",
            )
        texts = list(dict.fromkeys(e.text for _name, side in self.given.splits.items() for e in side))
        with self.stage("teacher"):
            said = teacher.probabilities(texts)
        return {text: tuple(row) for text, row in zip(texts, said.tolist(), strict=True)}

    @cached_property
    def objective(self) -> Objective:
        return self._objective(self.recipe.objective)

    def _objective(self, chosen: Objective | None) -> Objective:
        made = chosen or OBJECTIVES.make(self.recipe.task.objective(self.tools))
        if made.encoder_decoder != (self.tools.start is not None):
            told = (
                _("'{objective}' trains encoder-decoders, and {model} is none.")
                if made.encoder_decoder
                else _("{model} is an encoder-decoder, which '{objective}' cannot train.")
            )
            raise RecipeError(
                told.format(objective=made.kind, model=self.loaded.name), where="objective",
                fix=_("Leave the setting out, and the task chooses."),
            )  # fmt: skip
        return made

    @cached_property
    def dataset(self) -> Dataset:
        """The data that are used: all but the rows of which nothing could be learnt."""
        return self._encoded[0]

    @cached_property
    def rows(self) -> dict[str, Feed]:
        """Every split as the network will see it."""
        return self._encoded[1]

    @cached_property
    def _encoded(self) -> tuple[Dataset, dict[str, Feed]]:
        """Rows of language models whose answer is cut off whole are left out, and told.

        Raises DataError where that leaves nothing of a split.
        """
        given, tools = self.given, self.tools
        pairs = {
            name: [(example, row) for example in split for row in self.objective.pieces(example, tools)]
            for name, split in given.splits.items()
        }
        kept = {
            name: [(example, row) for example, row in side if not row.counts or any(row.counts)]
            for name, side in pairs.items()
        }
        masked = [e for name, side in pairs.items() for e, row in side if row.counts and not any(row.counts)]
        if masked:
            told = ngettext(
                "{count} row teaches nothing: its answer begins after token {limit}, or counts nothing.",
                "{count} rows teach nothing: their answers begin after token {limit}, or count nothing.",
                len(masked),
            ).format(count=len(masked), limit=tools.max_length)
            problems = [Problem(told, str(example.where)) for example in masked]
            fix = _("Raise model.max_length, or look at objective.learn and at the weights of the turns.")
            for name, side in kept.items():
                if not side:
                    raise DataError(
                        _("no usable rows are left in {side}.").format(side=name) + " " + told, fix=fix
                    )
            self.warn(told)
            given = replace(given, dropped=(*given.dropped, *problems))
        splits = Splits(
            *(tuple(example for example, _row in kept[name]) for name, _side in given.splits.items())
        )
        feeds = {
            name: Feed([row for _example, row in side], [str(example.where) for example, _row in side])
            for name, side in kept.items()
        }
        return replace(given, splits=splits), feeds

    @cached_property
    def truth(self) -> dict[str, NDArray[Any]]:
        splits = self.dataset.splits.items()
        return {name: self.recipe.task.truth(split, self.tools) for name, split in splits}

    @cached_property
    def measured(self) -> dict[str, list[int]]:
        """The numbers of the rows of dev and of test that everything is measured on."""
        task = self.recipe.task
        chosen = {}
        for name in ("dev", "test"):
            chosen[name] = task.distinct(dict(self.dataset.splits.items())[name])
            count = len(chosen[name])
            if isinstance(task, TextTask) and task.measured < count:
                drawn = np.random.default_rng(self.recipe.seed).permutation(count)
                chosen[name] = sorted(drawn[: task.measured].tolist())
        return chosen

    @cached_property
    def findings(self) -> list[Finding]:
        data, _loaded = self.dataset, self.loaded  # stages of their own
        # Encoding is timed with the audit, which needs the lengths first.
        with self.stage("audit"):
            chosen = {name: self.recipe.task.distinct(side) for name, side in data.splits.items()}
            rows = {name: [self.rows[name].rows[n] for n in numbers] for name, numbers in chosen.items()}
            lengths = {
                name: [max(len(part.read) for part in row.parts) + row.cut for row in side]
                for name, side in rows.items()
            }
            lost = {name: [row.lost for row in side] for name, side in rows.items()}
            audited = Audited(
                splits=data.splits.some(chosen), labelled=self.recipe.task.labels,
                multi_label=data.multi_label, language=data.language, lengths=lengths,
                lost=lost, limit=self.tools.max_length, dropped=data.dropped, cleaned=data.cleaned,
                beside=data.beside, suspects=lambda: self.suspects,
            )  # fmt: skip
            findings = self.recipe.audit.run(audited)
        # Those of other data tell themselves.
        earlier = [finding for own in self.aside.values() for finding in own.findings]
        for finding in findings:
            self.listen(Event("finding", finding.plain()))
        return [*earlier, *findings]

    @cached_property
    def suspects(self) -> tuple[Suspect, ...]:
        """Training rows whose one label may be wrong. To be asked for before the trunk changes."""
        if self.tools.multi_label or not self.recipe.evaluate.label_errors:
            return ()
        began = time.perf_counter()
        features = self.features["train"].numpy()
        took = time.perf_counter() - began
        if took > 1:
            told = _("To find wrong labels, what {model} says of all texts was computed: {time}. It is kept.")
            self.listen(Event("note", {"text": told.format(model=self.loaded.name, time=duration(took))}))
        train, truth = self.dataset.splits.train, self.truth["train"]
        return suspects(train, features, truth, self.tools.labels, self.recipe.seed)

    @cached_property
    def features(self) -> dict[str, torch.Tensor]:
        """Split -> (N, H): :attr:`pretrained` in the order of the rows."""
        return {name: self.pretrained.of(feed.rows) for name, feed in self.rows.items()}

    @cached_property
    def pretrained(self) -> States:
        """What the pretrained trunk says of every row. To be asked for before the trunk changes."""
        return self._pooled(self.recipe.task.network(self.loaded, self.tools))

    @cached_property
    def vector(self) -> Callable[[Any], NDArray[np.float32]]:
        """The same of one example, (H,), read by itself. To be asked for before the trunk changes."""
        network = self.recipe.task.network(self.loaded, self.tools)
        assert isinstance(network, VectorNetwork)
        network.eval()

        @torch.inference_mode()
        def vector(example: Any) -> NDArray[np.float32]:
            batch = self.objective.collate([self.objective.encode(example, self.tools)], self.tools)
            found: NDArray[np.float32] = network.pooled(**self.runtime.move(batch).inputs)[0].cpu().numpy()
            return found

        return vector

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
            own = self.aside[number] if phase.data is not None else None
            if own is None:
                adapted = phase.adapt.apply(network)
                yield self._training(phase, adapted)
                if number < last:
                    network = adapted.merge()
            else:
                # Another head on the same trunk.
                lent = own.recipe.task.network(self.loaded, own.tools, recipe.model.dropout)
                adapted = phase.adapt.apply(lent)
                yield replace(own._training(phase, adapted), own=own)
                adapted.merge()

    @cached_property
    def aside(self) -> dict[int, Prepared]:
        """Number of a training -> the data of its own that it has, with the model of this run."""
        made = {}
        for number, phase in enumerate(self.recipe.before):
            if phase.data is not None:
                own = Prepared(self.recipe.alone(phase), self.listen)
                # In the place of what it would make itself.
                own.__dict__.update(loaded=self.loaded, runtime=self.runtime)
                made[number] = own
        return made

    def _training(self, phase: Phase, adapted: Adapted) -> Training:
        recipe, objective = self.recipe, self._objective(phase.objective)
        with self.runtime.one_first():  # the other processes of a machine find what the first one keeps
            feeds, frozen_seconds = self._feeds(adapted)
        primary = recipe.task.primary_metric
        metric = metrics_of([primary], multi_label=self.tools.multi_label)[primary]
        by_loss = objective.reads_vectors or recipe.task.by_loss

        def measure(answered: NDArray[np.float32]) -> float:
            return float(metric(self.truth["dev"], self.outputs(answered)))

        plan = Plan.of(phase.train, objective, phase.adapt, feeds["train"], recipe.seed)
        job = Job(
            adapted, objective, self.tools, feeds["train"], feeds["dev"],
            None if by_loss else measure, phase.train, plan, recipe.seed, self.runtime,
        )  # fmt: skip
        return Training(phase, None, job, feeds["test"], frozen_seconds)

    def _feeds(self, adapted: Adapted) -> tuple[dict[str, Feed], float]:
        """The rows of every split, with what the frozen part of the network says of them."""
        if self.objective.varies:
            return self.rows, 0.0
        if adapted.trunk_frozen and adapted.network.pools:
            kept = self._pooled(adapted.network)
            feeds = {n: Feed(f.rows, f.places, features=kept.of(f.rows)) for n, f in self.rows.items()}
            return feeds, kept.seconds
        states = self.cache.prefix(
            adapted.network, adapted.frozen_blocks, self._every_row, self.objective, self.tools, self.runtime
        )
        if states is None:
            return self.rows, 0.0
        return {n: Feed(f.rows, f.places, states=states) for n, f in self.rows.items()}, states.seconds

    def outputs(self, answered: NDArray[np.float32]) -> NDArray[Any]:
        """What the loop keeps of rows (N, W), as answers (N, …)."""
        return self.recipe.task.outputs(torch.from_numpy(answered), self.tools)

    def untrained(self) -> Job:
        """The network as it came, on the rows of the main training; it is not to be trained."""
        recipe = self.recipe
        adapted = Adapted(recipe.task.network(self.loaded, self.tools))
        feeds = self.rows
        plan = Plan.of(recipe.train, self.objective, recipe.adapt, feeds["train"], recipe.seed)
        return Job(
            adapted, self.objective, self.tools, feeds["train"], feeds["dev"], None, recipe.train, plan,
            recipe.seed, self.runtime,
        )  # fmt: skip

    def shared(self, recipe: Recipe) -> Prepared:
        """The same data and the same model in memory.

        Args:
            recipe: the own one, trained or measured otherwise.
        """
        made = Prepared(recipe, self.listen)
        made.__dict__.update(
            given=self.given, loaded=self.loaded, runtime=self.runtime, tools=self.tools,
            dataset=self.dataset, rows=self.rows, _every_row=self._every_row,
        )  # fmt: skip
        return made

    def without_test(self, recipe: Recipe) -> Prepared:
        """:meth:`shared`, with the development rows in the place of the test rows as well: whatever measures
        on both leaves the test rows unanswered."""
        made, splits = self.shared(recipe), self.dataset.splits
        made.__dict__.update(
            dataset=replace(self.dataset, splits=replace(splits, test=splits.dev)),
            rows=self.rows | {"test": self.rows["dev"]},
        )
        return made

    def shipped(self, adapted: Adapted) -> Shipped:
        """The model at work, with the weights of a training."""
        # That is done on the CPU, wherever it was trained.
        network, task = adapted.merge().cpu(), self.recipe.task
        details: dict[str, Any] = {
            "base_model": self.loaded.name,
            "licence": self.loaded.licence,
            "language": self.dataset.language,
            "text_column": "prompt" if task.generates else "text",
        }
        columns = self.dataset.columns
        if columns is not None:
            details |= {"text_column": columns.text, "label_column": columns.label}
            if columns.pair is not None:
                details["pair_column"] = columns.pair
        method = None if network.beside is None else self.recipe.adapt
        return SHIPPED[type(task)].made(
            network, self.tools, task, details, clean=self.recipe.data.clean, method=method
        )

    def seen(self, number: int) -> dict[str, Any]:
        """A training row as the network sees it."""
        example, row = self.dataset.splits.train[number], self.rows["train"].rows[number]
        return {
            "where": str(example.where),
            "text": example.text,
            "label": self.recipe.task.expected(example),
            "tokens": shown_tokens(row.ids, self.tools.tokenizer),
            "ids": list(row.ids),
            "cut": row.cut,
            "counts": list(row.counts),
        }

    def identity(self) -> str:
        """What a checkpoint belongs to: settings, data and weights."""
        parts = [json.dumps(self.recipe.decisive(), sort_keys=True), self.dataset.fingerprint]
        parts += [own.dataset.fingerprint for own in self.aside.values()]
        parts += [f"{text} {said}" for text, said in self.tools.taught.items()]
        return hashlib.sha256("\n".join([*parts, self.loaded.fingerprint]).encode()).hexdigest()
