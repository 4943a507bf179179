"""The memory that a training takes, before it runs.

What the backward pass needs is not computed from formulas of architectures but counted: autograd is asked
what it keeps when one row, and then two, of the longest micro-batch go forward, and how much is used for a
moment between. Rows of one length are alike, so what n of them keep follows. The rest is known: weights,
their gradients, and two moments of the optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..errors import RunError
from ..evaluate.words import size
from ..language import _
from ..models.token_loss import CHUNK
from ..train.fit import Job, epoch_steps
from ..train.runtime import Runtime
from ..train.used_tokens import used_tokens

__all__ = ["Memory", "check_memory", "forward_backward", "memory"]

#: Tensors as wide as the widest layer that live for a moment at once when a block goes backward.
_PASSING = 3
#: The share of the places of temporary tensors that stays empty: the C library seldom puts a tensor, which
#: has to begin at a multiple of 64 bytes, into a place of its own size that another one left.
_HOLES = 0.5
#: What is larger than this is given back to the system at once.
_RETURNED = 32 << 20
#: What the allocator holds beside what was asked for, and what is not counted here, as shares of the rest.
_LEAST, _MOST = 0.93, 1.12


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes at the peak of a training."""

    process: int
    """What the process holds now: libraries, data and weights."""
    gradients: int
    moments: int
    """Of the optimizer."""
    activations: int
    """What the longest micro-batch keeps for the backward pass."""
    holes: int
    """What the allocator holds between what is kept, and cannot use."""
    passing: int
    """What lives for a moment only, such as scores over the vocabulary."""
    learning: int
    """The gradients of all that learns, whether or not they are there at the peak."""
    activations_of_one: int
    """What the longest row alone keeps."""
    reached: int
    """The most that the process has held so far: loading a model may take more than training it."""

    @property
    def more(self) -> int:
        """What the training takes beyond what the process holds."""
        return self.gradients + self.moments + self.activations + self.holes + self.passing

    @property
    def expected(self) -> int:
        return max(self.reached, self.process + self.more)

    @property
    def low(self) -> int:
        return max(self.reached, round(_LEAST * self.expected))

    @property
    def high(self) -> int:
        return round(_MOST * self.expected)

    def plain(self) -> dict[str, int]:
        """As JSON values: the parts, and what they come to."""
        parts = {
            name: getattr(self, name)
            for name in ("process", "gradients", "moments", "activations", "holes", "passing")
        }
        return {"expected": self.expected, "low": self.low, "high": self.high, **parts}


def memory(job: Job) -> Memory:
    """Counts what a training would keep; the network is left as it was."""
    job.runtime.place(job.adapted.network)
    lengths = job.train.lengths
    steps = list(epoch_steps(job.settings, job.objective, job.train, job.seed, 0))
    largest = _largest(job, [group for step in steps for group in step])
    learning = 0
    if job.adapted.closed_form is None:
        narrowed = nullcontext() if job.objective.varies else used_tokens(job.adapted.network, job.train.rows)
        with narrowed:
            learning = 4 * sum(p.numel() for p in job.adapted.trainable().values())
    one, every = _kept(job, largest) if learning else (_Kept(0, 0), _Kept(0, 0))
    positions = len(largest) * lengths[largest[0]]
    passing = 4 * _PASSING * positions * _width(job) + _scores(job, largest)
    # Where a step has one micro-batch, its gradients come as its activations go.
    several = any(len(step) > 1 for step in steps)
    head = _head_gradient(job)
    gradients = learning if several else max(head, learning - every.bytes)
    return Memory(
        process=Runtime.memory_bytes(),
        gradients=gradients,
        moments=2 * learning,
        activations=every.bytes,
        holes=round(_HOLES * every.left),
        learning=learning,
        activations_of_one=one.bytes,
        passing=passing if learning else 0,
        reached=Runtime.peak_memory_bytes(),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a forward pass leaves behind."""

    bytes: int
    """What the backward pass needs, beyond the weights."""
    left: int
    """What was used for a moment since the first of it was kept, and is free again."""


def _kept(job: Job, group: Sequence[int]) -> tuple[_Kept, _Kept]:
    """Of a micro-batch's longest row alone, and of all its rows."""
    rows = len(group)
    one = _counted(job, group[:1], rows)
    if rows == 1:
        return one, one
    # The longest row twice: the others are padded to its length.
    two = _counted(job, [group[0], group[0]], rows)
    kept = one.bytes + (rows - 1) * (two.bytes - one.bytes)
    return one, _Kept(kept, one.left + (rows - 1) * (two.left - one.left))


def _counted(job: Job, rows: Sequence[int], all_rows: int) -> _Kept:
    """Of some rows, where ``all_rows`` will be computed at once."""
    network = job.adapted.network
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    kept: dict[int, int] = {}
    made = _Made(kept, _RETURNED * len(rows) // all_rows)

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    job.adapted.train_mode()
    batch = job.runtime.move(job.train.batch(rows, job.objective, job.tools))
    with (
        torch.random.fork_rng(devices=[]),
        torch.autograd.graph.saved_tensors_hooks(note, lambda one: one),
        made,
    ):
        losses = job.objective.loss(network, batch, job.tools)
        del losses
    small = sum(size for size in kept.values() if size < made.limit)
    return _Kept(sum(kept.values()), max(0, made.bytes - small))


class _Made(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of tensors below ``limit`` that are made once something is kept."""

    def __init__(self, kept: Mapping[int, int], limit: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.limit = limit
        self.bytes = 0
        self._kept = kept

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = {one.untyped_storage().data_ptr() for one in _tensors((args, kwargs))}
        out = function(*args, **(kwargs or {}))
        if self._kept:
            # Views and what is changed in place are nothing new.
            new = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in _tensors(out)}
            self.bytes += sum(n for place, n in new.items() if place not in given and n < self.limit)
        return out


def _tensors(values: Any) -> list[Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, Tensor)]


def _width(job: Job) -> int:
    """Of the widest layer of a block."""
    layers = [m for block in job.adapted.network.anatomy.blocks for m in block.modules()]
    widths = [m.out_features for m in layers if isinstance(m, nn.Linear)]
    return max(widths, default=0)


def _scores(job: Job, group: Sequence[int]) -> int:
    """Scores over the vocabulary, of as many tokens as are computed on at once."""
    if job.adapted.network.new_head:
        return 0
    labelled = job.train.batch(group, job.objective, job.tools).inputs["counts"]
    outputs: int = job.adapted.network.head.out_features
    return 4 * min(CHUNK, len(labelled)) * outputs


def _head_gradient(job: Job) -> int:
    """Of a head over the vocabulary that learns: it is there before the backward pass begins."""
    network = job.adapted.network
    return 0 if network.new_head or not network.head.weight.requires_grad else 4 * network.head.weight.numel()


def check_memory(job: Job, warn: Callable[[str], None]) -> int:
    """The bytes at the peak; raises RunError where a training cannot fit, and says what would.

    Where it is not sure, the longest micro-batch goes forward and backward first, so that what happens
    happens now and not in the last hour.
    """
    if job.runtime.shards:  # what each process will hold is not known here
        return 0
    found, free = memory(job), Runtime.free_bytes()
    told = {"needed": size(found.more), "free": size(free)}
    if _LEAST * found.more > free:
        narrow = replace(found, activations=found.activations_of_one, holes=0, gradients=found.learning)
        lean = replace(found, gradients=0, moments=0)
        ways = [
            way.format(size=size(one.more))
            for one, way in (
                (narrow, _("train.micro_tokens=1, which takes about {size}")),
                (lean, _("adapt=lora, which takes about {size}")),
            )
            if _MOST * one.more < free
        ]
        raise RunError(
            _("this training takes about {needed} more memory, and {free} are free.").format(**told),
            fix=_("What would fit: {ways}.").format(ways="; ".join(ways))
            if ways
            else _("Cut texts shorter with model.max_length, train fewer blocks, or take a smaller model."),
        )
    if _MOST * found.more > free:
        warn(
            _(
                "This training takes about {needed} more memory, and {free} are free: its longest rows are "
                "tried first."
            ).format(**told)
        )
        _tried(job)
    return found.expected


def _tried(job: Job) -> None:
    """The longest micro-batch forward and backward; nothing is updated."""
    steps = epoch_steps(job.settings, job.objective, job.train, job.seed, 0)
    group = _largest(job, [group for step in steps for group in step])
    job.adapted.train_mode()
    with torch.random.fork_rng(devices=[]):
        forward_backward(job, group)
    job.adapted.network.zero_grad(set_to_none=True)


def forward_backward(job: Job, group: Sequence[int]) -> None:
    """A micro-batch through the network and back; the gradients are left where they are."""
    batch = job.runtime.move(job.train.batch(group, job.objective, job.tools))
    parts = job.objective.loss(job.adapted.network, batch, job.tools)
    torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]


def _largest(job: Job, groups: Sequence[Sequence[int]]) -> Sequence[int]:
    """The micro-batch of the most tokens; the first row of each is its longest."""
    return max(groups, key=lambda group: len(group) * job.train.lengths[group[0]])
