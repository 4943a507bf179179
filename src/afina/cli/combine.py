"""``afina combine``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["combine"]


@command(
    short=_("Combine the weights of finished runs."),
    help=_(
        "Make one model of finished RUNS by combining their weights in the way KIND, see 'afina list "
        "combiners', and measure it like any other. Nothing is trained."
    ),
)
@click.argument("kind", metavar=_("KIND"))
@click.argument("runs", metavar=_("RUN..."), nargs=-1, required=True)
@click.option(
    "--also",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar=_("FILE"),
    help=_("Labelled texts of another kind, to be measured on too. Can be repeated."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar=_("FOLDER"),
    help=_("Folder of the new run. Default: a new one under runs/."),
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar=_("KEY=VALUE"),
    help=_("A setting of the way, such as combine.alphas=[0,0.5,1]. Can be repeated."),
)
def combine(
    *, kind: str, runs: tuple[str, ...], also: tuple[Path, ...], out: Path | None, sets: tuple[str, ...]
) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..combination import combine as run_combine
    from ..recipe.load import overrides
    from .screen import screen
    from .summary import show_combination, show_report

    settings = {given.path.removeprefix("combine."): given.value for given in overrides(sets)}
    with screen() as listen:
        result = run_combine(kind, runs, settings=settings, also=also, out=out, listen=listen)

    def show() -> None:
        show_combination(result.report)
        show_report(result.report, result.run)

    return {"run": str(result.run), "report": result.report}, show
