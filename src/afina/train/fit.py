"""The loop. One for everything, blind to the algorithm.

The order of operations is the semantics, and is not to be changed lightly:

1. evaluate and save, on the state before the step;
2. take the rows of the step, cut into micro-batches;
3. weigh them: one weight over all of them, for each part of the loss;
4. forward and backward each, loss sums divided by that weight; add up the gradients;
5. clip; refuse anything that is not finite before the optimizer moves;
6. step; count.

Several processes compute a part each of 4 and of an evaluation, and do everything else alike: "all" above is
over all of them, and so no number depends on how many there are, but for rounding.

Whatever is random in a step is drawn from a generator seeded with (seed, step, micro-batch): the state of no
generator needs saving, and nothing that happens between steps can change the next one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from ..adapt import Adapted
from ..data.batch import padding_share, token_groups
from ..data.row import Batch, Row, Tools
from ..errors import CheckpointError, Interrupted, RunError
from ..language import _
from ..objectives import Objective
from ..section import Section
from . import optim
from .checkpoint import Checkpoints
from .log import Event, Listener, ignore
from .meter import Meter
from .prefix_cache import States, feature_batch
from .runtime import Runtime, laid_out, whole
from .schedule import Shape, factor
from .shared_checkpoints import SharedCheckpoints
from .shared_table import shared_table
from .shares import counted, micro_batches, paced, step_shares
from .state import Progress
from .stop import Stop
from .used_tokens import used_tokens

__all__ = [
    "Feed", "Fitted", "Job", "Plan", "Train", "epoch_groups", "epoch_steps", "fit", "scores", "take_step",
]  # fmt: skip


class Train(Section):
    """How the network is trained."""

    place: ClassVar[str] = "train"
    epochs: int | None = Field(None, ge=1, le=10_000)
    """Passes over the training data; empty: what suits the method."""
    batch: int = Field(16, ge=1)
    """Rows of one optimizer step, give or take a quarter: batches are cut where text lengths change."""
    learning_rate: float | None = Field(None, gt=0, le=10)
    """Peak learning rate; empty: what suits the method."""
    schedule: Shape = "linear"
    """How the learning rate falls after the warm-up: on a line, on half a cosine, or not at all."""
    warmup: float = Field(0.1, ge=0, lt=1)
    """Share of the steps during which the learning rate rises."""
    weight_decay: float = Field(0.01, ge=0)
    """Weight decay of AdamW, on weight matrices only."""
    clip: float = Field(1.0, gt=0)
    """Largest norm of a step's gradient; a larger one is scaled down."""
    evaluate_every: int | None = Field(None, ge=1)
    """Steps between two evaluations on the dev split; empty: half an epoch."""
    save_every: int | None = Field(None, ge=1)
    """Steps between two checkpoints; empty: one at each evaluation."""
    keep_checkpoints: bool = False
    """Keep the checkpoints of a finished run: the newest and the best. They are needed only to resume."""
    patience: int = Field(4, ge=1)
    """Evaluations without improvement on the dev split after which training stops."""
    micro_tokens: int = Field(2048, ge=1)
    """Most tokens computed at once, padding included. Less needs less memory and changes no result beyond
    rounding."""
    cache_gigabytes: float = Field(10.0, ge=0)
    """Most disk space for what the frozen part of networks says of texts. It is computed once and shared by
    all runs; what was used longest ago goes first. 0 keeps nothing."""


@dataclass(frozen=True)
class Feed:
    """The rows of one split, as the loop takes them."""

    rows: Sequence[Row]
    places: Sequence[str]
    """Where each row came from, to name rows in messages."""
    features: Tensor | None = None
    """(N, H) when a frozen trunk's output is known."""
    states: States | None = None
    """What leaves the frozen blocks, where it is known."""

    @cached_property
    def lengths(self) -> list[int]:
        """Tokens that each row costs."""
        return [1 if self.features is not None else len(row.ids) for row in self.rows]

    def some(self, numbers: Sequence[int]) -> Feed:
        """Only these rows, in this order."""
        features = None if self.features is None else self.features[list(numbers)]
        rows, places = [self.rows[n] for n in numbers], [self.places[n] for n in numbers]
        return replace(self, rows=rows, places=places, features=features)

    def batch(
        self, numbers: Sequence[int], objective: Objective, tools: Tools, draw: tuple[int, int] = (0, 0)
    ) -> Batch:
        """The rows ``numbers``; ``draw`` is the seed and the epoch of what is random in them, if anything."""
        if self.features is not None:
            return feature_batch(self.rows, self.features, numbers)
        rows = [objective.seen(self.rows[number], tools, (*draw, number)) for number in numbers]
        batch = objective.collate(rows, tools, numbers)
        return batch if self.states is None else self.states.enter(batch, rows)


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``Train`` comes to for given data: every number the loop needs, with no choice left."""

    epochs: int
    steps_per_epoch: int
    learning_rate: float
    evaluate_every: int
    save_every: int
    padding: float

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    @classmethod
    def of(cls, settings: Train, objective: Objective, method: Any, feed: Feed, seed: int) -> Plan:
        """``method`` gives the epochs and the learning rate where the settings do not."""
        lengths = feed.lengths
        steps = math.ceil(len(lengths) / settings.batch)
        groups = epoch_groups(settings, objective, feed, seed, 0)
        every = settings.evaluate_every or max(1, math.ceil(steps / 2))
        return cls(
            epochs=settings.epochs or method.epochs,
            steps_per_epoch=steps,
            learning_rate=settings.learning_rate or method.learning_rate,
            evaluate_every=every,
            save_every=settings.save_every or every,
            padding=padding_share(lengths, groups),
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a training came to; the network holds the weights that did best on dev."""

    progress: Progress
    tokens_per_second: float
    """Real tokens trained on, for each second of training steps."""


@dataclass(frozen=True)
class Job:
    """Everything that a training is made of."""

    adapted: Adapted
    objective: Objective
    tools: Tools
    train: Feed
    dev: Feed
    measure: Callable[[NDArray[np.float32]], float] | None
    """Scores (N, C) on dev -> the metric that chooses; greater is better. None: the smaller loss chooses."""
    settings: Train
    plan: Plan
    seed: int
    runtime: Runtime


def epoch_steps(
    settings: Train, objective: Objective, feed: Feed, seed: int, epoch: int
) -> list[list[list[int]]]:
    """The micro-batches of every step of one epoch."""
    steps = objective.order(feed.rows, feed.lengths, settings.batch, seed, epoch)
    return [micro_batches(objective, feed.lengths, rows, settings.micro_tokens) for rows in steps]


def epoch_groups(settings: Train, objective: Objective, feed: Feed, seed: int, epoch: int) -> list[list[int]]:
    """Every micro-batch of one epoch, step after step."""
    return [group for step in epoch_steps(settings, objective, feed, seed, epoch) for group in step]


def fit(
    job: Job, checkpoints: Checkpoints, *, resume: bool, listen: Listener = ignore, stop: Stop | None = None
) -> Fitted:
    """Trains, and leaves the network with the weights that did best on the dev split.

    In a launch of several processes all call it, and only the main one touches ``checkpoints``.

    Args:
        resume: continue from the newest checkpoint, if there is one.
        stop: when requested, the loop saves and raises Interrupted.

    Raises:
        RunError: a loss or gradient is not finite, or a step weighs nothing; the rows are named. Another
            process has ended.
        Interrupted: ``stop`` was requested; the state is saved.
        CheckpointError: no checkpoint can be trusted, or it belongs to something else.
    """
    runtime, network = job.runtime, job.adapted.network
    runtime.place(network)
    runtime.align(network)
    shared = SharedCheckpoints(checkpoints, runtime)
    # Where rows vary, any token may stand in them.
    narrowed = nullcontext() if job.objective.varies else used_tokens(network, job.train.rows)
    # Tensors that are divided among processes have no sparse gradients.
    kept_small = nullcontext() if runtime.shards else shared_table(network)
    with narrowed, kept_small, runtime.sharded(job.adapted) as adapted:
        return _fit(replace(job, adapted=adapted), shared, resume, listen, stop or Stop())


def _fit(job: Job, checkpoints: SharedCheckpoints, resume: bool, listen: Listener, stop: Stop) -> Fitted:
    adapted, settings, plan = job.adapted, job.settings, job.plan
    optimizer = optim.adamw(adapted, plan.learning_rate, settings.weight_decay)
    progress = _resumed(adapted, optimizer, checkpoints, listen) if resume else Progress()
    saved = progress.step
    meter = Meter(progress, plan.steps, plan.steps_per_epoch)
    lengths = job.train.lengths
    ordered, order = -1, []

    with stop.deferred():
        while True:
            step = progress.step
            done = step == plan.steps
            due = step > saved and step % plan.save_every == 0
            if step and (done or step % plan.evaluate_every == 0) and progress.evaluated != step:
                _evaluate(job, progress)
                best = progress.best_step == step
                listen(Event("evaluation", {**progress.history[-1], "best": best}))
                due = due or best
            done = done or progress.stale >= settings.patience
            stopped = job.runtime.agreed(stop.requested)
            if due or (step > saved and (done or stopped)):
                keep = set() if progress.best_step is None else {progress.best_step}
                moments = optim.state(optimizer, adapted)
                path = checkpoints.save(step, adapted.state(), moments, progress.plain(), keep)
                listen(Event("checkpoint", {"step": step, "path": str(path)}))
                saved = step
            if done:
                break
            if stopped:
                raise Interrupted(
                    _("stopped at step {step} of {steps}; everything is saved.").format(
                        step=step, steps=plan.steps
                    ),
                    fix=_("Continue with --resume."),
                )
            epoch, place = divmod(step, plan.steps_per_epoch)
            if epoch != ordered:
                ordered = epoch
                order = job.objective.order(job.train.rows, lengths, settings.batch, job.seed, epoch)
                adapted.enter_epoch(epoch)
            meter.start()
            loss, rate = take_step(job, optimizer, order[place], progress)
            listen(Event("progress", meter.tick(loss, rate)))

    if progress.best_step is not None and progress.best_step != progress.step:
        _load(adapted, checkpoints.load(progress.best_step).weights)
    adapted.network.eval()
    return Fitted(progress, meter.tokens_per_second)


def take_step(
    job: Job, optimizer: torch.optim.Optimizer, numbers: list[int], progress: Progress
) -> tuple[float, float]:
    """One optimizer step on the rows ``numbers``: its loss and learning rate. Raises RunError."""
    adapted, objective, tools, step = job.adapted, job.objective, job.tools, progress.step
    runtime, lengths = job.runtime, job.train.lengths
    shares = step_shares(objective, lengths, numbers, job.settings.micro_tokens, runtime.processes)
    # Evaluations have epoch 0, so that no epoch of training sees what they see.
    draw = job.seed, 1 + step // job.plan.steps_per_epoch
    work = [
        (runtime.move(job.train.batch(rows, objective, tools, draw)), counts)
        for rows, counts in shares[runtime.rank]
    ]
    weights = runtime.total(counted((objective.weigh(batch, tools), counts) for batch, counts in work))
    if not any(weights.values()):
        raise RunError(
            _("the rows of step {step} weigh nothing, so nothing can be learnt from them.").format(step=step),
            where=_named(job.train, numbers),
            fix=_("Check the weights and the labels of these rows."),
        )

    adapted.train_mode()
    values = []
    for micro, (batch, counts) in enumerate(work):
        torch.manual_seed(_mixed(job.seed, step, micro * runtime.processes + runtime.rank))
        parts = objective.loss(adapted.network, batch, tools)
        divided = torch.stack([parts[part] / weight for part, weight in weights.items() if weight])
        loss = divided.sum() * counts
        values.append(float(loss.detach()))
        runtime.backward(loss)
    losses = runtime.gathered(values)
    for share, found in zip(shares, losses, strict=True):
        for (rows, _counts), value in zip(share, found, strict=True):
            if not math.isfinite(value):
                raise _not_finite(_("the loss"), value, step, job.train, rows)
    total = sum(map(sum, losses))

    moving = list(adapted.trainable().values())
    runtime.sum_gradients(moving)
    norm = whole(torch.nn.utils.get_total_norm([p.grad for p in moving if p.grad is not None]))
    if not math.isfinite(float(norm)):
        raise _not_finite(_("the gradient"), float(norm), step, job.train, numbers)
    if norm > job.settings.clip:  # otherwise the pass over all gradients would multiply by one
        torch.nn.utils.clip_grads_with_norm_(moving, job.settings.clip, norm)
    rate = factor(step, job.plan.steps, job.settings.warmup, job.settings.schedule)
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * rate
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)  # not before the next step: an evaluation may come first

    progress.step += 1
    progress.tokens += sum(len(job.train.rows[number].ids) for number in numbers)
    weight = sum(weights.values())
    progress.loss += total * weight
    progress.weight += weight
    return total, job.plan.learning_rate * rate


@torch.no_grad()
def scores(job: Job, feed: Feed) -> tuple[NDArray[np.float32], float]:
    """The outcome (N, W) of every row in the order of the feed, and the mean loss (NaN without labels).

    Outcomes are scores (N, C), unless the objective keeps something else.
    """
    network, objective, tools, runtime = job.adapted.network, job.objective, job.tools, job.runtime
    network.eval()
    lengths = feed.lengths
    result = np.zeros((len(feed.rows), objective.width(network, tools)), dtype=np.float32)
    asked = {"vectors": True} if objective.reads_vectors else {}
    losses: list[tuple[dict[str, float], float]] = []
    weighed: list[tuple[dict[str, float], float]] = []
    groups = token_groups(lengths, range(len(lengths)), job.settings.micro_tokens)
    apart = [groups[first :: runtime.processes] for first in range(runtime.processes)]
    for group, counts in paced(apart)[runtime.rank]:
        batch = runtime.move(feed.batch(group, objective, tools))
        known: Tensor = network(**batch.inputs, **asked)
        if counts:
            kept = objective.outcome(known, batch).float().cpu().numpy()
            result[group, : kept.shape[1]] = kept
        if batch.targets is not None:
            parts = objective.loss(lambda known=known, **inputs: known, batch, tools)
            losses.append(({part: float(loss) for part, loss in parts.items()}, counts))
            weighed.append((objective.weigh(batch, tools), counts))
    result = runtime.summed(result)
    totals, weights = runtime.total(counted(losses)), runtime.total(counted(weighed))
    means = [totals[part] / weight for part, weight in weights.items() if weight]
    return result, math.fsum(means) if means else math.nan


def _evaluate(job: Job, progress: Progress) -> None:
    answered, loss = scores(job, job.dev)
    value = -loss if job.measure is None else job.measure(answered)
    loss, value = job.runtime.shared([loss, value])  # one decision, made by one process
    progress.evaluated = progress.step
    progress.history.append(
        {
            "step": progress.step,
            "epoch": progress.step / job.plan.steps_per_epoch,
            "train_loss": progress.loss / progress.weight,
            "dev_loss": loss,
            "dev_metric": None if job.measure is None else value,
        }
    )
    progress.loss = progress.weight = 0.0
    if (value, -loss) > (progress.best_value, -progress.best_loss):
        progress.best_value, progress.best_loss = value, loss
        progress.best_step, progress.stale = progress.step, 0
    else:
        progress.stale += 1


def _resumed(
    adapted: Adapted, optimizer: torch.optim.Optimizer, checkpoints: SharedCheckpoints, listen: Listener
) -> Progress:
    found = checkpoints.newest()
    if found is None:
        return Progress()
    _load(adapted, found.weights)
    optim.load_state(optimizer, adapted, found.optimizer)
    progress = Progress.of(found.state)
    listen(Event("resumed", {"step": progress.step, "path": str(found.path)}))
    return progress


@torch.no_grad()
def _load(adapted: Adapted, tensors: dict[str, Tensor]) -> None:
    moving = adapted.trainable()
    shapes = {name: parameter.shape for name, parameter in moving.items()}
    if {name: tensor.shape for name, tensor in tensors.items()} != shapes:
        raise CheckpointError(
            _("this checkpoint holds other weights than this training moves."),
            fix=_("Start again without --resume, in another folder."),
        )
    for name, parameter in moving.items():
        parameter.copy_(laid_out(tensors[name], parameter))


def _mixed(seed: int, step: int, micro: int) -> int:
    """One 63-bit seed from three numbers, without patterns between neighbours."""
    return int(np.random.SeedSequence([seed, step, micro]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _named(feed: Feed, numbers: Sequence[int], limit: int = 5) -> str:
    named = ", ".join(feed.places[number] for number in numbers[:limit])
    return named + ("…" if len(numbers) > limit else "")


def _not_finite(what: str, value: float, step: int, feed: Feed, numbers: Sequence[int]) -> RunError:
    return RunError(
        _("{what} of step {step} is {value}; the weights were left as they were.").format(
            what=what, step=step, value=value
        ),
        where=_named(feed, numbers),
        fix=_("Lower train.learning_rate, or look at these rows."),
    )
