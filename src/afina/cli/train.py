"""``afina train``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command, recipe_options

__all__ = ["train"]


@command(
    short=_("Train, measure and keep a model."),
    help=_(
        "Train on DATA, a table or folder of labelled texts, or as a RECIPE says. What is not given is "
        "guessed, and every guess is told."
    ),
    epilog=_("Ctrl-C saves and stops; the same command with --resume continues."),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@recipe_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar=_("FOLDER"),
    help=_("Folder of the run. Default: a new one under runs/."),
)
@click.option(
    "--track",
    multiple=True,
    metavar=_("KIND"),
    help=_("Tell another tool of the run too; 'afina list trackers'. Can be repeated."),
)
@click.option("--resume", is_flag=True, help=_("Continue the interrupted run of the same settings."))
def train(
    *, source: str, out: Path | None, resume: bool, **options: Any
) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..run import run
    from .arguments import recipe_of
    from .screen import screen
    from .summary import show_report

    with screen() as listen:
        result = run(recipe_of(source, options), out=out, resume=resume, listen=listen)
    value = {"run": str(result.run), "report": result.report}
    return value, lambda: show_report(result.report, result.run)
