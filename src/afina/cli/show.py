"""``afina show``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["show"]


@command(short=_("Show the result of a run."), help=_("Show the verdict and the comparison table of RUN."))
@click.argument("run", metavar=_("RUN"))
def show(*, run: str) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..runs.store import find
    from .summary import show_report

    folder = find(run)
    report = _report(folder)
    return {"run": str(folder), "report": report}, lambda: show_report(report, folder)


def _report(folder: Path) -> dict[str, Any]:
    from ..errors import StoreError

    try:
        report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(
            _("this run is not finished, so it has no report yet."),
            where=str(folder),
            fix=_("Continue it with the command that started it and --resume."),
        ) from None
    except ValueError:
        raise StoreError(_("this report cannot be read."), where=str(folder / "report.json")) from None
    return report
