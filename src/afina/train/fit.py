"""The loop. One for everything, blind to the algorithm.

The order of operations is the semantics, and is not to be changed lightly:

1. evaluate and save, on the state before the step;
2. take the rows of the step, cut into micro-batches;
3. weigh them: one weight over all of them, for each part of the loss;
4. forward and backward each, loss sums divided by that weight;
5. clip; refuse anything that is not finite before the optimizer moves;
6. step; count.

Whatever is random in a step is drawn from a generator seeded with (seed, step, micro-batch): the state of no
generator needs saving, and nothing that happens between steps can change the next one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from ..adapt import Adapted
from ..data.batch import epoch_groups, epoch_order, padding_share, token_groups
from ..data.row import Batch, Row, Tools
from ..errors import Interrupted, RunError
from ..language import _
from ..objectives import Objective
from ..section import Section
from . import optim
from .checkpoint import Checkpoints
from .log import Event, Listener, ignore
from .prefix_cache import feature_batch
from .runtime import Runtime
from .schedule import Shape, factor
from .state import Progress
from .stop import Stop
from .used_tokens import used_tokens

__all__ = ["Feed", "Fitted", "Job", "Plan", "Train", "fit", "scores"]


class Train(Section):
    """How the network is trained."""

    place: ClassVar[str] = "train"
    epochs: int | None = Field(None, ge=1, le=10_000)
    """Passes over the training data; empty: what suits the method."""
    batch: int = Field(16, ge=1)
    """Rows of one optimizer step."""
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
    micro_tokens: int = Field(4096, ge=1)
    """Most tokens computed at once, padding included. Less needs less memory and changes no result beyond
    rounding."""


@dataclass(frozen=True)
class Feed:
    """The rows of one split, as the loop takes them."""

    rows: Sequence[Row]
    places: Sequence[str]
    """Where each row came from, to name rows in messages."""
    features: Tensor | None = None
    """(N, H) when a frozen trunk's output is known."""

    @cached_property
    def lengths(self) -> list[int]:
        """Tokens that each row costs."""
        return [1 if self.features is not None else len(row.ids) for row in self.rows]

    def batch(self, numbers: Sequence[int], objective: Objective, tools: Tools) -> Batch:
        if self.features is not None:
            return feature_batch(self.rows, self.features, numbers)
        return objective.collate([self.rows[number] for number in numbers], tools, numbers)


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
    def of(cls, settings: Train, adapted: Adapted, method: Any, feed: Feed, seed: int) -> Plan:
        """``method`` gives the epochs and the learning rate where the settings do not."""
        lengths = feed.lengths
        steps = math.ceil(len(lengths) / settings.batch)
        groups = epoch_groups(lengths, settings.batch, settings.micro_tokens, seed, 0)
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
    measure: Callable[[NDArray[np.float32]], float]
    """Scores (N, C) on dev -> the metric that chooses; greater is better."""
    settings: Train
    plan: Plan
    seed: int
    runtime: Runtime


def fit(
    job: Job, checkpoints: Checkpoints, *, resume: bool, listen: Listener = ignore, stop: Stop | None = None
) -> Fitted:
    """Trains, and leaves the network with the weights that did best on the dev split.

    Args:
        resume: continue from the newest checkpoint, if there is one.
        stop: when requested, the loop saves and raises Interrupted.

    Raises:
        RunError: a loss or gradient is not finite, or a step weighs nothing; the rows are named.
        Interrupted: ``stop`` was requested; the state is saved.
        CheckpointError: no checkpoint can be trusted, or it belongs to something else.
    """
    job.runtime.place(job.adapted.network)
    with used_tokens(job.adapted.network, job.train.rows):
        return _fit(job, checkpoints, resume, listen, stop or Stop())


def _fit(job: Job, checkpoints: Checkpoints, resume: bool, listen: Listener, stop: Stop) -> Fitted:
    adapted, settings, plan = job.adapted, job.settings, job.plan
    optimizer = optim.adamw(adapted, plan.learning_rate, settings.weight_decay)
    progress = _resumed(adapted, optimizer, checkpoints, listen) if resume else Progress()
    saved = progress.step
    meter = _Meter(progress, plan)
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
            if due or (step > saved and (done or stop.requested)):
                keep = set() if progress.best_step is None else {progress.best_step}
                moments = optim.state(optimizer, adapted)
                path = checkpoints.save(step, adapted.state(), moments, progress.plain(), keep)
                listen(Event("checkpoint", {"step": step, "path": str(path)}))
                saved = step
            if done:
                break
            if stop.requested:
                raise Interrupted(
                    _("stopped at step {step} of {steps}; everything is saved.").format(
                        step=step, steps=plan.steps
                    ),
                    fix=_("Continue with --resume."),
                )
            epoch, place = divmod(step, plan.steps_per_epoch)
            if epoch != ordered:
                ordered, order = epoch, epoch_order(lengths, settings.batch, job.seed, epoch)
                adapted.enter_epoch(epoch)
            meter.start()
            loss, rate = _step(job, optimizer, order[place], progress)
            listen(Event("progress", meter.tick(loss, rate)))

    if progress.best_step is not None and progress.best_step != progress.step:
        _load(adapted, checkpoints.load(progress.best_step).weights)
    adapted.network.eval()
    return Fitted(progress, meter.tokens_per_second)


def _step(
    job: Job, optimizer: torch.optim.Optimizer, numbers: list[int], progress: Progress
) -> tuple[float, float]:
    """One optimizer step on the rows ``numbers``: its loss and learning rate."""
    adapted, objective, tools, step = job.adapted, job.objective, job.tools, progress.step
    lengths = job.train.lengths
    groups = token_groups(lengths, numbers, job.settings.micro_tokens) if objective.divisible else [numbers]
    batches = [job.runtime.move(job.train.batch(group, objective, tools)) for group in groups]
    weights = _total([objective.weigh(batch, tools) for batch in batches])
    if not all(weights.values()):
        raise RunError(
            _("the rows of step {step} weigh nothing, so nothing can be learnt from them.").format(step=step),
            where=_named(job.train, numbers),
            fix=_("Check the weights and the labels of these rows."),
        )

    adapted.train_mode()
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for micro, batch in enumerate(batches):
        torch.manual_seed(_mixed(job.seed, step, micro))
        parts = objective.loss(adapted.network, batch, tools)
        loss = torch.stack([parts[part] / weights[part] for part in weights]).sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise _not_finite(_("the loss"), value, step, job.train, batch.rows)
        job.runtime.backward(loss)
        total += value

    moving = list(adapted.trainable().values())
    norm = torch.nn.utils.get_total_norm([p.grad for p in moving if p.grad is not None])
    if not math.isfinite(float(norm)):
        raise _not_finite(_("the gradient"), float(norm), step, job.train, numbers)
    if norm > job.settings.clip:  # otherwise the pass over all gradients would multiply by one
        torch.nn.utils.clip_grads_with_norm_(moving, job.settings.clip, norm)
    rate = factor(step, job.plan.steps, job.settings.warmup, job.settings.schedule)
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * rate
    optimizer.step()

    progress.step += 1
    progress.tokens += sum(len(job.train.rows[number].ids) for number in numbers)
    weight = sum(weights.values())
    progress.loss += total * weight
    progress.weight += weight
    return total, job.plan.learning_rate * rate


@torch.no_grad()
def scores(job: Job, feed: Feed) -> tuple[NDArray[np.float32], float]:
    """Scores (N, C) of every row in the order of the feed, and the mean loss (NaN without labels)."""
    network, objective, tools = job.adapted.network, job.objective, job.tools
    network.eval()
    lengths = feed.lengths
    result = np.empty((len(feed.rows), len(tools.labels)), dtype=np.float32)
    total, weight = 0.0, 0.0
    for group in token_groups(lengths, range(len(lengths)), job.settings.micro_tokens):
        batch = job.runtime.move(feed.batch(group, objective, tools))
        known: Tensor = network(**batch.inputs)
        result[group] = known.float().cpu().numpy()
        if batch.targets is not None:
            parts = objective.loss(lambda known=known, **inputs: known, batch, tools)
            total += sum(float(part) for part in parts.values())
            weight += sum(objective.weigh(batch, tools).values())
    return result, total / weight if weight else math.nan


def _evaluate(job: Job, progress: Progress) -> None:
    answered, loss = scores(job, job.dev)
    value = job.measure(answered)
    progress.evaluated = progress.step
    progress.history.append(
        {
            "step": progress.step,
            "epoch": progress.step / job.plan.steps_per_epoch,
            "train_loss": progress.loss / progress.weight,
            "dev_loss": loss,
            "dev_metric": value,
        }
    )
    progress.loss = progress.weight = 0.0
    if (value, -loss) > (progress.best_value, -progress.best_loss):
        progress.best_value, progress.best_loss = value, loss
        progress.best_step, progress.stale = progress.step, 0
    else:
        progress.stale += 1


def _resumed(
    adapted: Adapted, optimizer: torch.optim.Optimizer, checkpoints: Checkpoints, listen: Listener
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
    for name, parameter in adapted.trainable().items():
        parameter.copy_(tensors[name])


def _mixed(seed: int, step: int, micro: int) -> int:
    """One 63-bit seed from three numbers, without patterns between neighbours."""
    return int(np.random.SeedSequence([seed, step, micro]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _total(parts: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: math.fsum(part[name] for part in parts) for name in parts[0]}


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


class _Meter:
    """Time and tokens of the training itself; evaluations and saves are left out of the speed."""

    def __init__(self, progress: Progress, plan: Plan) -> None:
        self._progress, self._plan = progress, plan
        self._began = time.perf_counter()
        self._step_began = self._began
        self._first_step, self._first_tokens = progress.step, progress.tokens
        self._training = 0.0

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    @property
    def tokens_per_second(self) -> float:
        return (self._progress.tokens - self._first_tokens) / self._training if self._training else 0.0

    def start(self) -> None:
        self._step_began = time.perf_counter()

    def tick(self, loss: float, learning_rate: float) -> dict[str, Any]:
        self._training += time.perf_counter() - self._step_began
        progress, plan = self._progress, self._plan
        a_step = self.seconds / (progress.step - self._first_step)
        return {
            "step": progress.step,
            "steps": plan.steps,
            "epoch": progress.step / plan.steps_per_epoch,
            "loss": loss,
            "learning_rate": learning_rate,
            "dev_metric": progress.history[-1]["dev_metric"] if progress.history else None,
            "tokens_per_second": self.tokens_per_second,
            "memory_bytes": Runtime.peak_memory_bytes(),
            "seconds_left": a_step * (plan.steps - progress.step),
        }
