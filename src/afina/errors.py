"""Every error that Afina raises on purpose.

    AfinaError                 something a person can understand and act upon
    ├── InputError             exit code 1: the input or the data is wrong
    │   ├── DataError          a file, a row or a label
    │   ├── RecipeError        a setting
    │   ├── ModelError         a model that cannot be found, read or used
    │   └── StoreError         a folder that cannot be written, a run that cannot be found
    ├── RunError               exit code 3: the run itself failed
    │   └── CheckpointError    no checkpoint could be trusted
    └── Interrupted            exit code 130: stopped by the user, state saved

An error carries *problems*: all that were found, not the first. A problem says what is wrong and with
which value, where (``file:line`` or the path of a setting) and what to do about it.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .language import _

__all__ = [
    "DISK_FULL",
    "AfinaError",
    "CheckpointError",
    "DataError",
    "InputError",
    "Interrupted",
    "ModelError",
    "Problem",
    "RecipeError",
    "RunError",
    "StoreError",
    "first_line",
    "reason_of",
    "system_reason",
]


#: What the operating system says when no more fits: no space, no quota, a limit on the size of files.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def reason_of(error: Exception) -> str:
    """Why something failed, short enough to stand in a sentence and without a full stop.

    In the reader's language where it is a usual reason of the operating system, or the place where a text is
    no JSON; else the first line of what the error says.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return system_reason(error.errno) or error.strerror or errno.errorcode.get(error.errno, "")
    if isinstance(error, json.JSONDecodeError):
        return _("line {line}, column {column}").format(line=error.lineno, column=error.colno)
    if isinstance(error, RecursionError):
        return _("it is nested too deeply")
    return first_line(error)


def first_line(error: BaseException) -> str:
    """What an error says of itself, in its own words."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def system_reason(number: int) -> str:
    """What an ``errno`` means in the reader's language; empty where it is none of the usual ones."""
    sentences = {
        errno.ENOENT: _("there is no such file or folder"),
        errno.EACCES: _("you may not read or write this"),
        errno.EPERM: _("you may not read or write this"),
        errno.EROFS: _("this disk can only be read"),
        errno.EEXIST: _("this is there already"),
        errno.EISDIR: _("this is a folder, not a file"),
        errno.ENOTDIR: _("this is a file, not a folder"),
        errno.ENAMETOOLONG: _("this name is too long"),
        errno.EMFILE: _("too many files are open"),
        errno.ENFILE: _("too many files are open"),
        **dict.fromkeys(DISK_FULL, _("there is no space left on the disk")),
    }
    return sentences.get(number, "")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. All three texts are already in the reader's language."""

    what: str
    where: str = ""
    fix: str = ""
    count: int = 1
    """How many problems it stands for: the last one of a long list counts those that are not told."""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.fix}" if self.fix else text


class AfinaError(Exception):
    """Base of all. ``str(error)`` is what a person reads, one problem a line."""

    exit_code: ClassVar[int] = 3

    def __init__(self, what: str | Sequence[Problem], *, where: str = "", fix: str = "") -> None:
        self.problems: tuple[Problem, ...] = (
            (Problem(what, where, fix),) if isinstance(what, str) else tuple(what)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InputError(AfinaError):
    """The input or the data is wrong."""

    exit_code = 1


class DataError(InputError):
    """A file, a row or a label is wrong."""


class RecipeError(InputError):
    """A setting is wrong."""


class ModelError(InputError):
    """A model cannot be found, read or used."""


class StoreError(InputError):
    """A folder cannot be written, or a run cannot be found."""


class RunError(AfinaError):
    """The run failed."""


class CheckpointError(RunError):
    """No checkpoint could be trusted."""


class Interrupted(AfinaError):
    """Stopped by the user; the state is saved."""

    exit_code = 130
