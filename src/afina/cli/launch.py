"""Which of the processes that a launcher has started speaks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

__all__ = ["answering", "leave", "speaks_for_machine"]


@contextmanager
def answering() -> Iterator[None]:
    """Inside, standard output is that of the first of all processes; what the others write to it is lost."""
    if _number("RANK") == 0:
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def leave(code: int) -> int:
    """The exit code; a process that is connected to others ends here and now with it.

    The threads of gloo outlive what they use while such a process is taken down, and now and then that aborts
    it (torch 2.13), when all is written and only the exit code is missing.
    """
    distributed = sys.modules.get("torch.distributed")  # most commands have not loaded it
    if distributed is not None and distributed.is_initialized():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def speaks_for_machine() -> bool:
    """Whether this process says what all of a machine find alike, such as a wrong setting: its first."""
    return _number("LOCAL_RANK") == 0


def _number(name: str) -> int:
    """0 where no launcher has started several processes."""
    return int(os.environ.get(name, "0")) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else 0
