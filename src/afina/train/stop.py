"""Ctrl-C once saves and stops, twice stops."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

__all__ = ["Stop"]


class Stop:
    """Turns SIGINT and SIGTERM into a request while something can be saved.

    Outside :meth:`deferred` the first signal raises KeyboardInterrupt at once, as there is nothing to save.
    Inside, the first sets :attr:`requested` and the second raises KeyboardInterrupt. In a thread other than
    the main one signals cannot be caught, and only :meth:`request` works.
    """

    def __init__(self) -> None:
        self.requested = False
        self._deferred = False
        self._before: dict[signal.Signals, Any] = {}

    def request(self) -> None:
        """Asks the loop to save and stop at the next step."""
        self.requested = True

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._caught)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            if signal.getsignal(number) == self._caught:  # what somebody else has set since stays
                signal.signal(number, handler)
        self._before.clear()

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if self._deferred and not self.requested:
            self.requested = True
            return
        raise KeyboardInterrupt

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Inside, the first signal waits until the loop has saved."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
