"""``afina show``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["show"]


@command(short=_("Show the result of a run."), help=_("Show the verdict and the comparison table of RUN."))
@click.argument("run", metavar=_("RUN"))
def show(*, run: str) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..errors import StoreError
    from ..runs.store import RunFolder, find
    from .summary import show_report

    folder = find(run)
    report = RunFolder(folder).report
    if report is None:
        raise StoreError(
            _("this run is not finished, so it has no report yet."),
            where=str(folder),
            fix=_("Continue it with the command that started it and --resume."),
        )
    return {"run": str(folder), "report": report}, lambda: show_report(report, folder)
