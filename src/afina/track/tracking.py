"""What a run tells, handed on to the trackers that it was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import reason_of
from ..language import _
from ..train.log import Event
from .base import State, Tracked, Tracker

__all__ = ["Tracking"]

#: Event -> its numbers that a tracker keeps.
_NUMBERS = {
    "progress": ("epoch", "loss", "learning_rate", "tokens_per_second", "memory_bytes"),
    "evaluation": ("epoch", "train_loss", "dev_loss", "dev_metric"),
}


class Tracking:
    """The trackers of one run. The first error of one is told as a warning, and it is left out from then on.

    ``tracked.json`` in the run's folder holds what each of them finds the run by, so that a resumed run goes
    on where it was.
    """

    def __init__(self, trackers: Sequence[Tracker], folder: Path, warn: Callable[[str], None]) -> None:
        self._trackers, self._folder, self._warn = trackers, folder, warn
        self._open: dict[str, Tracked] = {}
        self._phase = ""

    def tell(self, event: Event) -> None:
        """Hands on the numbers of an event, if it has any."""
        if event.kind == "phase":
            last = event.data["number"] == event.data["count"]
            self._phase = "" if last else f"before_{event.data['number']}/"
        found = {name: event.data[name] for name in _NUMBERS.get(event.kind, ())}
        values = {
            f"{self._phase}{event.kind}/{name}": float(value)
            for name, value in found.items()
            if value is not None
        }
        if values:
            self._each(lambda tracked: tracked.record(event.data["step"], values))

    def finish(self, report: Mapping[str, Any]) -> None:
        """Hands on the metrics of a finished run, each with the ends of its interval."""
        values = {
            f"{split}/{metric}{end}": float(interval[key])
            for split in ("dev", "test")
            for metric, interval in report[split].items()
            for end, key in (("", "value"), ("_low", "low"), ("_high", "high"))
        }
        step = report["curves"][-1]["step"] if report["curves"] else 0
        self._each(lambda tracked: tracked.finish(step, values, self._folder))

    @contextmanager
    def opened(self, settings: Mapping[str, Any]) -> Iterator[None]:
        """Begins the run in every tracker, or goes on with it, and ends it there after the block."""
        path = self._folder / "tracked.json"
        names = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        flat = dict(_flat(settings, ""))
        for tracker in self._trackers:
            kind = tracker.kind
            with self._surviving(kind):
                self._open[kind] = tracker.open(self._folder, flat, names.get(kind))
                names[kind] = self._open[kind].name
        if names:
            path.write_text(json.dumps(names), encoding="utf-8")
        state: State = "failed"
        try:
            yield
            state = "finished"
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", 3) == 130:
                state = "interrupted"
            raise
        finally:
            self._each(lambda tracked: tracked.close(state))

    def _each(self, tell: Callable[[Tracked], None]) -> None:
        for kind, tracked in list(self._open.items()):
            with self._surviving(kind):
                tell(tracked)

    @contextmanager
    def _surviving(self, kind: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._open.pop(kind, None)
            told = _("{tracker} keeps nothing more of this run: {why}")
            self._warn(told.format(tracker=kind, why=reason_of(error)))


def _flat(value: Any, path: str) -> Iterator[tuple[str, bool | float | str]]:
    """Path of each setting -> its value; those that are empty are left out."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from _flat({str(number): inner for number, inner in enumerate(value)}, path)
    elif isinstance(value, bool | int | float | str):
        yield path, value
    elif value is not None:
        yield path, json.dumps(value, ensure_ascii=False)
