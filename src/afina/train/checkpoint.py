"""Checkpoints that can be trusted after a power cut: written aside, synced, hashed, then renamed.

::

    checkpoints/
      step-00000120/
        weights.safetensors     the tensors that move
        optimizer.safetensors   their moments
        state.json              where the loop stands
        MANIFEST.json           size and SHA-256 of each file, what the run was

A folder without a manifest whose hashes hold is not a checkpoint: it is passed over with a warning and the
one before it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import CheckpointError, reason_of
from ..language import _

__all__ = ["Checkpoints", "Loaded", "sync"]

_PREFIX = "step-"
_ASIDE = ".tmp-"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checkpoint that was read and found whole."""

    path: Path
    weights: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    state: dict[str, Any]


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: made at the first save.
        identity: what the run is (recipe, data, model); a checkpoint of another identity is refused.
        warn: told of each checkpoint that cannot be trusted.
    """

    def __init__(self, folder: Path, identity: str, warn: Callable[[str], None]) -> None:
        self.folder = folder
        self.identity = identity
        self._warn = warn

    def inside(self, name: str) -> Checkpoints:
        """Those of a training that is a part of the same run, in a folder of their own."""
        return Checkpoints(self.folder / name, self.identity, self._warn)

    def path(self, step: int) -> Path:
        return self.folder / f"{_PREFIX}{step:08d}"

    def save(
        self,
        step: int,
        weights: dict[str, Tensor],
        optimizer: dict[str, Tensor],
        state: dict[str, Any],
        keep: set[int],
    ) -> Path:
        """Writes the checkpoint of ``step``, then removes those that are neither it nor in ``keep``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob(f"{_ASIDE}*"):
            shutil.rmtree(leftover)
        aside = self.folder / f"{_ASIDE}{step}-{os.getpid()}"
        aside.mkdir()
        save_file({name: t.contiguous() for name, t in weights.items()}, aside / "weights.safetensors")
        save_file({name: t.contiguous() for name, t in optimizer.items()}, aside / "optimizer.safetensors")
        (aside / "state.json").write_text(json.dumps(state), encoding="utf-8")
        files = {path.name: _measure(path) for path in sorted(aside.iterdir())}
        manifest = {"step": step, "identity": self.identity, "files": files}
        (aside / "MANIFEST.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for path in aside.iterdir():
            sync(path)
        sync(aside)
        final = self.path(step)
        if final.exists():  # the same step again, after resuming from an earlier one
            shutil.rmtree(final)
        aside.rename(final)
        sync(self.folder)
        for number, path in self._present():
            if number != step and number not in keep:
                shutil.rmtree(path)
        return final

    def newest(self) -> Loaded | None:
        """The last checkpoint that is whole, or None where none was ever saved.

        Raises CheckpointError when there are checkpoints but none can be trusted, or when they belong to
        another recipe, data set or model.
        """
        present = self._present()
        for step, _path in reversed(present):
            try:
                return self.load(step)
            except (OSError, ValueError, KeyError) as error:
                self._warn(
                    _("the checkpoint {path} is damaged and is passed over: {why}").format(
                        path=self.path(step), why=reason_of(error)
                    )
                )
        if present:
            raise CheckpointError(
                _("no checkpoint of this run can be trusted."),
                where=str(self.folder),
                fix=_("Start again without --resume, in another folder."),
            )
        return None

    def load(self, step: int) -> Loaded:
        """Raises ValueError or OSError when damaged, CheckpointError when it belongs to something else."""
        path = self.path(step)
        manifest = json.loads((path / "MANIFEST.json").read_text(encoding="utf-8"))
        for name, expected in manifest["files"].items():
            if _measure(path / name) != expected:
                raise ValueError(_("{name} is not what was written").format(name=name))
        if manifest["identity"] != self.identity:
            raise CheckpointError(
                _("this checkpoint was made with other settings, data or another model."),
                where=str(path),
                fix=_("Resume with the same recipe and data, or start anew with another --out."),
            )
        return Loaded(
            path,
            load_file(path / "weights.safetensors"),
            load_file(path / "optimizer.safetensors"),
            json.loads((path / "state.json").read_text(encoding="utf-8")),
        )

    def remove(self) -> None:
        """Removes them all, at the end of a run: the model that they led to is saved."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _present(self) -> list[tuple[int, Path]]:
        found = self.folder.glob(f"{_PREFIX}*") if self.folder.exists() else ()
        return sorted((int(path.name.removeprefix(_PREFIX)), path) for path in found)


def _measure(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}


def sync(path: Path) -> None:
    """Makes sure that a file, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
