"""What a person is told when something goes wrong: sentences, never a traceback."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from itertools import takewhile

import click

from ..errors import DISK_FULL, AfinaError, Problem, system_reason
from ..language import _, ngettext, number
from .launch import speaks_for_machine
from .options import emit

__all__ = ["guarded"]

#: Problems that are written out; more of them help nobody.
SHOWN = 20


def guarded(command: Callable[[], object], arguments: Sequence[str]) -> int:
    """Runs a command; whatever it raises becomes a sentence and an exit code."""
    as_json = "--json" in takewhile(lambda argument: argument != "--", arguments)
    try:
        command()
        sys.stdout.flush()
        return 0
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        if speaks_for_machine():
            error.show()
        return _told([Problem(error.format_message())], error.exit_code, as_json, spoken=True)
    except AfinaError as error:
        return _told(error.problems, error.exit_code, as_json, spoken=not speaks_for_machine())
    except (KeyboardInterrupt, click.Abort):
        if not speaks_for_machine():
            return 130
        return _told([Problem(_("stopped at once; what was saved before is kept."))], 130, as_json)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; nothing more can be written, not even on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        problem = _of_system(error)
        if problem is not None:
            return _told([problem], 1, as_json)
        return _unexpected(error, as_json)
    except MemoryError:
        what = _("there is not enough memory.")
        return _told([Problem(what, fix=_("Lower train.micro_tokens, or take a smaller model."))], 3, as_json)
    except Exception as error:
        return _unexpected(error, as_json)


def _told(problems: Sequence[Problem], exit_code: int, as_json: bool, spoken: bool = False) -> int:
    if as_json:
        plain = [{"what": p.what, "where": p.where, "fix": p.fix} for p in problems]
        emit({"error": {"problems": plain, "exit_code": exit_code}})
    if spoken:
        return exit_code
    heading = _("Stopped") if exit_code == 130 else _("Error")
    if len(problems) == 1:
        _line(f"{_styled(heading)}: {problems[0]}")
        return exit_code
    count = sum(problem.count for problem in problems)
    told = ngettext("{count} problem", "{count} problems", count).format(count=number(count))
    _line(f"{_styled(heading)}: {told}")
    for problem in problems[:SHOWN]:
        _line(f"  {problem}")
    rest = sum(problem.count for problem in problems[SHOWN:])
    if rest > 0:
        _line("  " + ngettext("and {count} more.", "and {count} more.", rest).format(count=number(rest)))
    return exit_code


def _styled(heading: str) -> str:
    return click.style(heading, fg="red", bold=True)


def _line(text: str) -> None:
    # click leaves the colours out where standard error is not a terminal.
    color = False if os.environ.get("NO_COLOR") else None
    click.echo(text, err=True, color=color)


def _of_system(error: OSError) -> Problem | None:
    """What the operating system refused, where the person can do something about it."""
    where = str(error.filename or "")
    fix = _("Free some space and try again.") if error.errno in DISK_FULL else ""
    reason = system_reason(error.errno or 0)
    return Problem(f"{reason}.", where, fix) if reason else None


def _unexpected(error: BaseException, as_json: bool) -> int:
    what = _("something unexpected went wrong ({kind}).").format(kind=type(error).__name__)
    trace = "".join(traceback.format_exception(error))
    try:
        handle, path = tempfile.mkstemp(prefix="afina-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"Python {platform.python_version()}, {platform.platform()}\n{trace}")
    except OSError:
        click.echo(trace, err=True)
        return _told([Problem(what)], 3, as_json)
    fix = _("The details are in {path}: please report it with them.").format(path=path)
    return _told([Problem(what, fix=fix)], 3, as_json)
