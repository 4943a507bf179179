"""Which of the processes that a launcher has started speaks."""

from __future__ import annotations

import os

__all__ = ["speaks", "speaks_for_machine"]


def speaks() -> bool:
    """Whether this process gives the answer of a command: the first of all."""
    return _number("RANK") == 0


def speaks_for_machine() -> bool:
    """Whether this process says what all of a machine find alike, such as a wrong setting: its first."""
    return _number("LOCAL_RANK") == 0


def _number(name: str) -> int:
    """0 where no launcher has started several processes."""
    return int(os.environ.get(name, "0")) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else 0
