"""The checkpoints of a run as several processes see them: the main one reads and writes, all get the tensors.

So no other process needs the run's folder, which may be on another machine. What is saved are whole tensors
under the names of the parameters, whatever the number of processes and however the weights were sharded: a
checkpoint of two processes continues in one, and the other way round.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .checkpoint import Checkpoints, Loaded
from .runtime import Runtime, whole

__all__ = ["SharedCheckpoints"]


class SharedCheckpoints:
    """``checkpoints``, for all processes of ``runtime``. Every method is called by all of them."""

    def __init__(self, checkpoints: Checkpoints, runtime: Runtime) -> None:
        self._checkpoints = checkpoints
        self._runtime = runtime

    def save(
        self,
        step: int,
        weights: dict[str, Tensor],
        optimizer: dict[str, Tensor],
        state: dict[str, Any],
        keep: set[int],
    ) -> Path:
        """As :meth:`Checkpoints.save`; the tensors may be sharded."""
        weights, optimizer = self._gathered(weights), self._gathered(optimizer)
        if self._runtime.main:
            self._checkpoints.save(step, weights, optimizer, state, keep)
        return self._checkpoints.path(step)

    def newest(self) -> Loaded | None:
        """As :meth:`Checkpoints.newest`."""
        return self._sent(self._checkpoints.newest() if self._runtime.main else None)

    def load(self, step: int) -> Loaded:
        """As :meth:`Checkpoints.load`."""
        loaded = self._sent(self._checkpoints.load(step) if self._runtime.main else None)
        assert loaded is not None
        return loaded

    def _gathered(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Whole tensors in the main process, nothing in the others."""
        kept = {}
        for name, tensor in tensors.items():
            gathered = whole(tensor)
            if self._runtime.main:
                kept[name] = gathered
        return kept

    def _sent(self, loaded: Loaded | None) -> Loaded | None:
        """What the main process has loaded, in every process."""
        if self._runtime.processes == 1:
            return loaded
        told = self._runtime.shared(None if loaded is None else _described(loaded))
        if told is None:
            return None
        weights = self._sent_tensors(told["weights"], None if loaded is None else loaded.weights)
        optimizer = self._sent_tensors(told["optimizer"], None if loaded is None else loaded.optimizer)
        return Loaded(Path(told["path"]), weights, optimizer, told["state"])

    def _sent_tensors(
        self, listed: list[tuple[str, list[int], str]], own: dict[str, Tensor] | None
    ) -> dict[str, Tensor]:
        sent = {}
        for name, shape, kind in listed:
            empty = torch.empty(shape, dtype=getattr(torch, kind))
            sent[name] = self._runtime.shared_tensor(empty if own is None else own[name])
        return sent


def _described(loaded: Loaded) -> dict[str, Any]:
    """Everything of a checkpoint but the numbers in its tensors."""

    def listed(tensors: dict[str, Tensor]) -> list[tuple[str, list[int], str]]:
        return [(n, list(t.shape), str(t.dtype).removeprefix("torch.")) for n, t in tensors.items()]

    return {
        "path": str(loaded.path),
        "state": loaded.state,
        "weights": listed(loaded.weights),
        "optimizer": listed(loaded.optimizer),
    }
