"""What the frozen part of a network says of each row, computed once and kept on disk.

::

    states/
      <key>/
        states.npy    (rows or tokens, width) float32: the rows one after another, without padding
        about.json    the seconds that computing it took

The key is a hash of all that the states depend on: the frozen weights, the configuration of the network, the
ids of the rows, the versions of the libraries and the number of threads. So a kept state is never wrong, and
epochs, evaluations, seeds, sweeps and runs share it. It is exact as long as the frozen part cannot change,
runs without dropout and sees no random augmentation; for the network at hand this is tried before it is used.
In another batch, with more or less padding, a row's state may differ by rounding; to the loop a row has one
state, which depends on the set of the rows alone.

A folder appears when it is whole, so several processes may use one cache: who comes second finds the states
or throws its own away. The folder that was used longest ago goes first when the space is used up.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.batch import token_groups
from ..data.row import Batch, Row, Tools
from ..errors import reason_of
from ..language import _
from ..models.network import Network, VectorNetwork
from ..models.prefix import Prefix
from ..objectives import Objective
from .checkpoint import sync
from .runtime import Runtime

__all__ = ["PrefixCache", "States", "feature_batch"]

#: Tokens computed at once, padding included.
BUDGET = 4096
#: Changes when states are computed or laid out in another way.
_LAYOUT = 1
_ASIDE = ".tmp-"


@dataclass(frozen=True)
class States:
    """What a frozen network says of rows."""

    values: NDArray[np.float32]
    """(M, H), memory-mapped: one vector for each token of each row, or one for each row."""
    places: dict[tuple[int, ...], tuple[int, int]]
    """Key of a row -> where its vectors begin, and their number."""
    seconds: float
    """What computing them took, now or before."""

    def of(self, rows: Sequence[Row]) -> Tensor:
        """(sum of the rows' vectors, H), one row after the other, and one text after the other in each."""
        spans = [self.places[part.key] for row in rows for part in row.parts]
        return torch.from_numpy(
            np.concatenate([self.values[start : start + count] for start, count in spans])
        )

    def enter(self, batch: Batch, rows: Sequence[Row]) -> Batch:
        """``batch``, made of ``rows``, with the state that leaves the frozen blocks: (B, T, H)."""
        mask = batch.inputs["attention_mask"].bool()
        state = torch.zeros(*mask.shape, self.values.shape[1])
        state[mask] = self.of(rows)
        return replace(batch, inputs={**batch.inputs, "state": state})


class PrefixCache:
    """States on disk.

    Args:
        folder: made when something is kept.
        limit: most bytes that all states together may take; 0 keeps none.
        tell: told in one sentence when states cannot be kept, and why.
    """

    def __init__(self, folder: Path, limit: int, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._limit = limit
        self._tell = tell

    def pooled(
        self, network: Network, rows: Iterable[Row], objective: Objective, tools: Tools, runtime: Runtime
    ) -> States:
        """One vector a row: the pooled output of the whole trunk. In memory where it cannot be kept.

        For a network that pools, which is what the objectives of labels and of searches train.
        """
        assert isinstance(network, VectorNetwork)

        def compute(batch: Batch) -> Tensor:
            return network.pooled(**batch.inputs)

        work = _Work(network, objective, tools, runtime, compute, network.trunk, f"pooled {network.pooling}")
        distinct = _distinct(rows)
        places = {row.key: (number, 1) for number, row in enumerate(distinct)}
        kept = self._kept(work, distinct, places) if self._limit else None
        if kept is not None:
            return kept
        began = time.perf_counter()
        values = list(work.run(distinct))
        whole = np.concatenate(values) if values else np.empty((0, network.width), np.float32)
        return States(whole, places, time.perf_counter() - began)

    def prefix(
        self,
        network: Network,
        count: int,
        rows: Iterable[Row],
        objective: Objective,
        tools: Tools,
        runtime: Runtime,
    ) -> States | None:
        """One vector a token: what leaves the ``count`` lowest blocks. Prepares the network to take them.

        Of an encoder-decoder those of the encoder alone: what a decoder reads is another text. None where
        they cannot be kept, or where leaving out the blocks would not be exact.
        """
        distinct, count = _distinct(rows), min(count, network.anatomy.lower)
        if not self._limit or count < 1 or not distinct:
            return None
        runtime.place(network)
        network.eval()
        sample = runtime.move(objective.collate(distinct[:2], tools)).inputs
        prefix = Prefix(network.trunk, count, **sample)
        if not prefix.is_exact(**sample):
            self._tell(
                _(
                    "The frozen blocks of {name} are computed for every batch: leaving them out is not exact."
                ).format(name=type(network.trunk).__name__)
            )
            return None

        def compute(batch: Batch) -> Tensor:
            return prefix.state(**batch.inputs)[batch.inputs["attention_mask"].bool()]

        anatomy = network.anatomy
        frozen = nn.ModuleList(anatomy.frozen_below(count))
        work = _Work(network, objective, tools, runtime, compute, frozen, f"prefix {count}")
        places, end = {}, 0
        for row in distinct:
            places[row.key] = (end, len(row.read))
            end += len(row.read)
        kept = self._kept(work, distinct, places)
        network.prefix = None if kept is None else prefix
        return kept

    def _kept(
        self, work: _Work, rows: list[Row], places: dict[tuple[int, ...], tuple[int, int]]
    ) -> States | None:
        """From the disk, or computed and written there."""
        folder = self.folder / work.key(rows)
        total = sum(count for _start, count in places.values())
        try:
            return _open(folder, total, places)
        except (OSError, ValueError, KeyError, EOFError):
            shutil.rmtree(folder, ignore_errors=True)  # not there, or damaged
        aside = self.folder / f"{_ASIDE}{os.getpid()}-{folder.name}"
        try:
            aside.mkdir(parents=True)
            self._write(work, rows, total, aside)
            try:
                aside.rename(folder)
            except OSError:  # another process was faster
                shutil.rmtree(aside)
            sync(self.folder)
            return _open(folder, total, places)
        except (OSError, ValueError, _NoRoom) as error:
            self._tell(
                _("What the frozen part of the network says of the texts is not kept: {why}").format(
                    why=reason_of(error)
                )
            )
            return None
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _write(self, work: _Work, rows: list[Row], total: int, aside: Path) -> None:
        began = time.perf_counter()
        with (aside / "states.npy").open("wb") as file:
            width = 0
            for part in work.run(rows):
                if not width:
                    width = part.shape[1]
                    self._make_room(4 * total * width, aside)
                    _header(file, (total, width))
                file.write(np.ascontiguousarray(part).data)
        about = json.dumps({"seconds": time.perf_counter() - began})
        (aside / "about.json").write_text(about, encoding="utf-8")
        for path in (*aside.iterdir(), aside):
            sync(path)

    def _make_room(self, need: int, aside: Path) -> None:
        """Removes what was used longest ago until ``need`` bytes fit in. Raises _NoRoom."""
        if need > self._limit:
            raise _NoRoom(
                _("it needs {need} GB, and train.cache_gigabytes allows {limit:g}.").format(
                    need=math.ceil(need / 1e9), limit=self._limit / 1e9
                )
            )
        others = [path for path in self.folder.iterdir() if path != aside]
        by_age = sorted(others, key=_used)
        taken = {path: _bytes(path) for path in by_age}
        for path in by_age:
            if need + sum(taken.values()) <= self._limit:
                break
            # A process that has it open keeps what it has open.
            shutil.rmtree(path, ignore_errors=True)
            del taken[path]
        free = shutil.disk_usage(self.folder).free
        if need > free:
            raise _NoRoom(
                _("it needs {need} GB, and the disk has {free} GB left.").format(
                    need=math.ceil(need / 1e9), free=int(free / 1e9)
                )
            )


class _NoRoom(Exception):
    """The states do not fit."""


@dataclass(frozen=True)
class _Work:
    """How states are computed, and what they depend on."""

    network: Network
    objective: Objective
    tools: Tools
    runtime: Runtime
    compute: Callable[[Batch], Tensor]
    frozen: nn.Module
    what: str

    def key(self, rows: Sequence[Row]) -> str:
        config = self.network.trunk.config.to_dict()  # type: ignore[operator,union-attr]
        config.pop("_name_or_path", None)
        circumstances = [
            _LAYOUT, BUDGET, self.what, type(self.network.trunk).__name__, config, torch.__version__,
            transformers.__version__, torch.get_num_threads(), str(self.runtime.device),
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(circumstances, sort_keys=True, default=str).encode())
        for name, tensor in self.frozen.state_dict().items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
        for row in rows:
            digest.update(np.array([len(row.key), *row.key], dtype=np.int64).data)
        return digest.hexdigest()

    @torch.no_grad()
    def run(self, rows: Sequence[Row]) -> Iterator[NDArray[np.float32]]:
        """The vectors of the rows, in their order, some rows at a time."""
        self.runtime.place(self.network)
        training = self.network.training
        self.network.eval()
        lengths = [len(row.read) for row in rows]
        # Longest first, and so are the rows: the groups are neighbours.
        for group in token_groups(lengths, range(len(rows)), BUDGET):
            batch = self.objective.collate([rows[number] for number in group], self.tools, group)
            yield self.compute(self.runtime.move(batch)).float().cpu().numpy()
        self.network.train(training)


def feature_batch(rows: Sequence[Row], features: Tensor, numbers: Sequence[int]) -> Batch:
    """A batch that enters the network above its trunk."""
    return Batch(
        inputs={"features": features[list(numbers)]},
        targets=torch.tensor([rows[number].target for number in numbers], dtype=torch.float32),
        weights=torch.tensor([rows[number].weight for number in numbers], dtype=torch.float32),
        rows=tuple(numbers),
    )


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """One row for each text, the longest first: the same list for the same set of rows."""
    texts = {part.key: part for row in rows for part in row.parts}
    return sorted(texts.values(), key=lambda row: (-len(row.read), row.key))


def _open(folder: Path, total: int, places: dict[tuple[int, ...], tuple[int, int]]) -> States:
    """Raises OSError, ValueError, KeyError or EOFError where the states are not there as a whole."""
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    values = np.load(folder / "states.npy", mmap_mode="r", allow_pickle=False)
    if values.ndim != 2 or len(values) != total or values.dtype != np.float32:
        raise ValueError(str(folder))
    os.utime(folder)  # used now
    return States(values, places, float(about["seconds"]))


def _header(file: BinaryIO, shape: tuple[int, int]) -> None:
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})


def _used(folder: Path) -> float:
    """When it was used last; 0 where another process has just removed it."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _bytes(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError:
        return 0
