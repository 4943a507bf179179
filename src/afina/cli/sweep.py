"""``afina sweep``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command, on_option, recipe_options

__all__ = ["sweep"]


@command(
    short=_("Search settings on the development rows."),
    help=_(
        "Try recipes that differ in some settings on the development rows of DATA or of a RECIPE, make a run "
        "of the best one, and tell how much of its gain chance alone would give."
    ),
    epilog=_("Ctrl-C saves and stops; the same command with --resume continues."),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@click.option(
    "--over",
    multiple=True,
    metavar=_("KEY=VALUES"),
    help=_(
        "What is searched: a range, such as train.learning_rate=1e-5..1e-3, or values, such as "
        "adapt.rank=4,8,16. Can be repeated. Default: the learning rate and the epochs."
    ),
)
@click.option(
    "--trials",
    type=click.IntRange(min=2),
    default=20,
    metavar="N",
    help=_("Recipes that are tried at most, the given one included. Default: 20."),
)
@click.option(
    "--prune",
    type=click.Choice(("median", "hyperband", "none")),
    default="median",
    metavar=_("WAY"),
    help=_("How recipes that fall behind are given up: median, hyperband or none. Default: median."),
)
@on_option
@recipe_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar=_("FOLDER"),
    help=_("Folder of the sweep. Default: a new one under runs/."),
)
@click.option("--resume", is_flag=True, help=_("Continue the interrupted sweep of the same settings."))
def sweep(
    *,
    source: str,
    over: tuple[str, ...],
    trials: int,
    prune: Any,
    on: str | None,
    out: Path | None,
    resume: bool,
    **options: Any,
) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..decide.runner import runner_of
    from ..decide.space import searched
    from ..decide.sweep import sweep as run_sweep
    from .arguments import recipe_of
    from .screen import screen
    from .summary import show_sweep

    with screen() as listen:
        result = run_sweep(
            recipe_of(source, options), searched(over) or None, trials=trials, prune=prune,
            runner=runner_of(on), out=out, resume=resume, listen=listen, option="--over",
        )  # fmt: skip
    value = {"sweep": str(result.folder), "run": str(result.run), "report": result.report}
    return value, lambda: show_sweep(result.report, result.folder)
