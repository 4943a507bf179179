"""TensorBoard: https://www.tensorflow.org/tensorboard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from .base import State, Tracked, Tracker

__all__ = ["TensorBoard"]


class TensorBoard(Tracker):
    """TensorBoard: curves, settings and the model card, in the folder tensorboard of the run."""

    kind: Literal["tensorboard"] = "tensorboard"
    package: ClassVar[str] = "tensorboard"

    def open(self, folder: Path, settings: Mapping[str, bool | float | str], name: str | None) -> Tracked:
        from torch.utils.tensorboard import SummaryWriter

        # Another file of events in the same folder goes on with the run.
        return _Events(SummaryWriter(str(folder / "tensorboard")), settings)


class _Events(Tracked):
    name = "tensorboard"

    def __init__(self, writer: Any, settings: Mapping[str, bool | float | str]) -> None:
        self._writer, self._settings = writer, settings

    def record(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def finish(self, step: int, values: Mapping[str, float], folder: Path) -> None:
        from torch.utils.tensorboard.summary import hparams

        # SummaryWriter.add_hparams would make a run of its own for the settings.
        for summary in hparams(dict(self._settings), dict(values)):  # type: ignore[no-untyped-call]
            self._writer.file_writer.add_summary(summary)
        self.record(step, values)
        self._writer.add_text("card", (folder / "model" / "README.md").read_text(encoding="utf-8"), step)

    def close(self, state: State) -> None:
        self._writer.close()
