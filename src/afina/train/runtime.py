"""The one file that knows devices and processes. It stands on Hugging Face Accelerate.

Several processes, started by ``torchrun`` or ``accelerate launch``, hold the same network, and each computes
its share of the rows of every step. Gradients are added up once a step, before the optimizer: as the loop
divides by the weight over all processes, that is the gradient of one process, to rounding. Every process
takes as many micro-batches as the others, and none decides anything alone; so none waits for ever.

With ``ACCELERATE_USE_FSDP=true`` and ``FSDP_VERSION=2``, as ``accelerate launch`` sets them, each process
holds only its part of the weights, gradients and moments while the loop runs. That is
``torch.distributed.fsdp.fully_shard``, called directly, as Accelerate leaves it out on the CPU.

The CPU is what the tests run on, with gloo; a GPU is taken where Accelerate finds one, and is untested here.
"""

from __future__ import annotations

import atexit
import copy
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from accelerate import Accelerator
from accelerate.utils import FullyShardedDataParallelPlugin, InitProcessGroupKwargs
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from ..adapt import Adapted
from ..data.row import Batch
from ..errors import RunError
from ..language import _
from ..models.probe import available_memory

__all__ = ["Runtime", "laid_out", "whole"]

#: How long a process waits for the others. One that dies is noticed at once, as its connections close; this
#: is for a machine that vanishes, and must outlast what the main process does alone, such as baselines.
PATIENCE = timedelta(hours=6)
#: Numbers of gradients sent at once.
_BUCKET = 1 << 24


class Runtime:
    """Where tensors live, and what the processes of one training tell each other.

    Every method that names processes is called by all of them, in the same order.

    Raises:
        RunError: the launch is one that cannot work; later, another process has ended.
    """

    def __init__(self) -> None:
        self._sharding = _sharding()
        launched = int(os.environ.get("WORLD_SIZE", "1"))
        self._accelerator = Accelerator(
            mixed_precision="no",
            # Without it, Accelerate takes several processes on a machine without a GPU for strangers.
            cpu=launched > 1 and torch.accelerator.current_accelerator(check_available=True) is None,
            kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
        )
        _leave_in_order()
        self.processes: int = self._accelerator.num_processes
        if self.processes != launched:
            raise RunError(
                _("{count} processes were started, but they cannot reach each other on this device.").format(
                    count=launched
                ),
                fix=_("Start afina once, without a launcher, or set ACCELERATE_USE_CPU=true."),
            )
        self.rank: int = self._accelerator.process_index
        device: torch.device = self._accelerator.device
        # The number that Accelerate gives the CPU of each process means nothing.
        self.device = torch.device("cpu") if device.type == "cpu" else device

    @property
    def main(self) -> bool:
        """Whether this process is the one that tells, measures and writes."""
        return self.rank == 0

    def place(self, network: nn.Module) -> None:
        """Moves the network to the device."""
        network.to(self.device)

    def move(self, batch: Batch) -> Batch:
        """The batch on the device."""
        if self.device.type == "cpu":
            return batch
        return Batch(
            {name: value.to(self.device) for name, value in batch.inputs.items()},
            None if batch.targets is None else batch.targets.to(self.device),
            batch.weights.to(self.device),
            batch.rows,
        )

    def backward(self, loss: Tensor) -> None:
        # Sharded gradients arrive as means over the processes; a sum is what is wanted.
        self._accelerator.backward(loss if self._sharding is None else loss * self.processes)

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Every gradient becomes its sum over all processes. The same ones must have gradients everywhere."""
        if self.processes == 1 or self._sharding is not None:  # sharded ones were added up as they came about
            return
        for bucket in _buckets([p.grad for p in parameters if p.grad is not None]):
            flat = parameters_to_vector(bucket)
            self._reduce(flat)
            vector_to_parameters(flat, bucket)

    def total(self, parts: dict[str, float]) -> dict[str, float]:
        """Each value, summed over all processes, which have the same names."""
        if not parts:
            return {}
        sums = torch.tensor(list(parts.values()), dtype=torch.float64)
        return dict(zip(parts, self._reduce(sums).tolist(), strict=True))

    def gathered(self, values: Sequence[float]) -> list[list[float]]:
        """The values of every process, of the same number in each."""
        table = torch.zeros(self.processes, len(values), dtype=torch.float64)
        table[self.rank] = torch.tensor(values, dtype=torch.float64)
        rows: list[list[float]] = self._reduce(table).tolist()
        return rows

    def summed(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sum over all processes of arrays of one shape: exact where all but one hold zeros."""
        return values if self.processes == 1 else self._reduce(torch.from_numpy(values)).numpy()

    def agreed(self, wish: bool) -> bool:
        """Whether any process wishes it."""
        return bool(self._reduce(torch.tensor([float(wish)])).item())

    def shared(self, value: Any = None) -> Any:
        """The JSON value of the main process, in every process; what the others give is not looked at."""
        if self.processes == 1:
            return value
        text = json.dumps(value).encode() if self.main else b""
        size = self.shared_tensor(torch.tensor([len(text)]))
        content = torch.zeros(int(size), dtype=torch.uint8)
        if self.main:
            content[:] = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        return json.loads(self.shared_tensor(content).numpy().tobytes())

    def shared_tensor(self, tensor: Tensor) -> Tensor:
        """The tensor of the main process, in every process, which give one of its shape and type."""
        if self.processes == 1:
            return tensor
        with _loss_told():
            there = tensor.to(self.device).contiguous()
            dist.broadcast(there, 0)
            return there.to(tensor.device)

    def align(self, network: nn.Module) -> None:
        """Gives every process's network the numbers of the main one's, to the last bit."""
        if self.processes > 1:
            for tensor in network.state_dict().values():
                tensor.copy_(self.shared_tensor(tensor.clone()))

    def check_alike(self, fingerprint: str) -> None:
        """Raises RunError where the processes do not see the same settings, data and model."""
        if self.agreed(fingerprint != self.shared(fingerprint)):
            raise RunError(
                _("the processes do not see the same settings, data and model."),
                fix=_("Give every machine the same files and the same command."),
            )

    @contextmanager
    def one_first(self) -> Iterator[None]:
        """The block runs in one process of each machine, then in its others, which find what it has kept."""
        with _loss_told(), self._accelerator.local_main_process_first():
            yield

    @contextmanager
    def sharded(self, adapted: Adapted) -> Iterator[Adapted]:
        """What the loop trains: ``adapted`` itself, or a copy of which each process holds a part.

        In the latter case what was learnt is in ``adapted`` after the block.
        """
        if self._sharding is None or self.processes == 1:
            with _loss_told():
                yield adapted
            return
        part = copy.deepcopy(adapted)
        adapted.network.cpu()
        with _loss_told():
            mesh = init_device_mesh(self.device.type, (self.processes,))
            for module in (*part.network.anatomy.blocks, part.network):
                fully_shard(module, mesh=mesh, reshard_after_forward=self._sharding.reshard_after_forward)
            yield part
            with torch.no_grad():
                learnt = adapted.trainable()
                for name, parameter in part.trainable().items():
                    learnt[name].copy_(whole(parameter))
        self.place(adapted.network)

    def _reduce(self, tensor: Tensor) -> Tensor:
        """The sum over all processes, in place where the tensor is on the device."""
        if self.processes == 1:
            return tensor
        with _loss_told():
            there = tensor.to(self.device)
            dist.all_reduce(there)
            return there.to(tensor.device)

    @property
    def shards(self) -> bool:
        """Whether each process holds only a part of the weights."""
        return self._sharding is not None and self.processes > 1

    @staticmethod
    def free_bytes() -> int:
        """The memory that is free for this process: of the GPU where there is one."""
        return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else available_memory()

    @staticmethod
    def memory_bytes() -> int:
        """The memory that this process holds now, in bytes: of the GPU where there is one."""
        if torch.cuda.is_available():
            return int(torch.cuda.memory_allocated())
        try:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
        except OSError:
            return Runtime.peak_memory_bytes()
        return pages * resource.getpagesize()

    @staticmethod
    def peak_memory_bytes() -> int:
        """The most memory that this process has held, in bytes: of the GPU where there is one."""
        if torch.cuda.is_available():
            return int(torch.cuda.max_memory_allocated())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def whole(tensor: Tensor) -> Tensor:
    """A tensor of which each process may hold a part, as a whole. All processes must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def laid_out(tensor: Tensor, like: Tensor) -> Tensor:
    """``tensor`` in parts where ``like`` is, of which every process holds as much. All processes must ask."""
    if not isinstance(like, DTensor):
        return tensor
    return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)


@cache
def _leave_in_order() -> None:
    """Ends the connections before Python ends: their threads abort the process at times otherwise."""
    if dist.is_initialized():
        atexit.register(dist.destroy_process_group)


def _buckets(tensors: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """The tensors in groups of at most 2^24 numbers, or of one."""
    bucket: list[Tensor] = []
    held = 0
    for tensor in tensors:
        if bucket and held + tensor.numel() > _BUCKET:
            yield bucket
            bucket, held = [], 0
        bucket.append(tensor)
        held += tensor.numel()
    if bucket:
        yield bucket


def _sharding() -> FullyShardedDataParallelPlugin | None:
    """How the launch wants weights to be sharded; None where each process is to hold them all."""
    if os.environ.get("ACCELERATE_USE_DEEPSPEED", "").lower() == "true":
        raise RunError(
            _("training with DeepSpeed is not possible: it would make the steps of the optimizer itself."),
            fix=_("Shard with FSDP2 in its place, as the page 'scaling' of the guide shows."),
        )
    if os.environ.get("ACCELERATE_USE_FSDP", "").lower() != "true":
        return None
    if os.environ.get("FSDP_VERSION", "1") != "2":
        raise RunError(
            _("FSDP is possible in its second version only."),
            fix=_("Set fsdp_version to 2 in the configuration of accelerate."),
        )
    return FullyShardedDataParallelPlugin()


@contextmanager
def _loss_told() -> Iterator[None]:
    """Turns the failure of what processes do together into a sentence. Raises RunError."""
    try:
        yield
    except RuntimeError as error:
        # What gloo raises is told from others by its text alone.
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        if threading.current_thread() is threading.main_thread():
            # The launcher ends the processes that are left, and would cut short what this one has to say.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise RunError(
            _("another process of this run has ended, so this one stops too."),
            fix=_("What it said, or the launcher, tells why. Continue with --resume."),
        ) from error
