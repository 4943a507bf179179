"""The contract of a tracker: a tool of its own that keeps and shows the numbers of runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

from ..section import Section

__all__ = ["State", "Tracked", "Tracker"]

State = Literal["finished", "failed", "interrupted"]


class Tracked(ABC):
    """One run in a tracker. Whatever a method raises, the run goes on without the tracker."""

    name: str = ""
    """What the tracker finds this run by when it is resumed."""

    @abstractmethod
    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers of one step of the training."""

    @abstractmethod
    def finish(self, step: int, values: Mapping[str, float], folder: Path) -> None:
        """The final numbers, and the run's folder with everything in it."""

    @abstractmethod
    def close(self, state: State) -> None:
        """Nothing more will come."""


class Tracker(Section, ABC):
    """Keeps and shows runs, on this machine unless the person's own environment says otherwise."""

    place: ClassVar[str] = "track"
    kind: str
    package: ClassVar[str]
    """What has to be installed."""

    @classmethod
    def installed(cls) -> bool:
        return find_spec(cls.package) is not None

    @abstractmethod
    def open(self, folder: Path, settings: Mapping[str, bool | float | str], name: str | None) -> Tracked:
        """Begins a run, or goes on with one.

        Args:
            folder: of the run; its name is what a person knows the run by.
            settings: path of a setting -> its value.
            name: :attr:`Tracked.name` of the same run before it was interrupted, if it was.
        """
