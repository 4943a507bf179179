"""Trackio: https://huggingface.co/docs/trackio."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, ClassVar, Literal

from .base import State, Tracked, Tracker

__all__ = ["Trackio"]

_PROJECT = "afina"


class Trackio(Tracker):
    """Trackio: curves, settings and the report, in its own folder on this machine."""

    kind: Literal["trackio"] = "trackio"
    package: ClassVar[str] = "trackio"

    def open(self, folder: Path, settings: Mapping[str, bool | float | str], name: str | None) -> Tracked:
        import trackio

        class Local(trackio.Run):  # type: ignore[misc]
            def _get_username(self) -> None:
                """The Hub is not asked whose token this machine has."""

        # trackio.init would find an interrupted run by its title only, which another folder may share.
        title = folder.resolve().name
        return _Run(
            Local(url=None, project=_PROJECT, client=None, name=title, run_id=name, config=dict(settings))
        )


class _Run(Tracked):
    def __init__(self, run: Any) -> None:
        self.name = run.id
        self._run = run

    def record(self, step: int, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=step)

    def finish(self, step: int, values: Mapping[str, float], folder: Path) -> None:
        self.record(step, values)
        self._run.log_artifact(folder / "report.html", name=f"{self._run.name}-report", type="report")

    def close(self, state: State) -> None:
        with redirect_stdout(io.StringIO()):  # it tells that it uploads, and does not
            self._run.finish()
