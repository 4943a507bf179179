"""The command line. Nothing here that a Python user cannot call.

The language is settled before anything else is imported, so that every sentence is in it, click's included.
"""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Sequence

from ..language import LOCALE_FOLDER, guess, speak
from .launch import answering, leave

__all__ = ["SPIN_COUNT", "main"]

#: How long a thread that waits for another one spins before it sleeps: the gaps between two operations, and
#: no longer, so that the cores are there for other programs (docs/decisions/0010-engine.md).
SPIN_COUNT = "1000"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0 done, 1 the input or the data is wrong, 2 usage, 3 the run
    failed, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    language = guess(arguments)
    speak(language)
    # click asks the standard library's gettext, which takes the language from the environment.
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain("afina", LOCALE_FOLDER)
    gettext.textdomain("afina")
    # Read when torch is loaded, which nothing has done yet.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)

    from .failures import guarded
    from .group import group

    with answering():
        code = guarded(lambda: group(arguments, prog_name="afina", standalone_mode=False), arguments)
    return leave(code)
