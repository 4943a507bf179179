"""``afina demo``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["demo"]


@command(
    short=_("See all of it on real data, in minutes."),
    help=_(
        "See all of it on real data: 3,708 sentences of product reviews, a small model, five ways compared. "
        "Takes a few minutes."
    ),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar=_("FOLDER"),
    help=_("Folder of the run. Default: a new one under runs/."),
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help=_("The same seed gives the same result."),
)
def demo(*, out: Path | None, seed: int) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..demo import EXAMPLES
    from ..demo import demo as run_demo
    from ..run import predict
    from .screen import screen
    from .summary import show_answers, show_report

    with screen() as listen:
        result = run_demo(out=out, seed=seed, listen=listen)
    answers = predict(result.run, EXAMPLES)

    def tell() -> None:
        show_report(result.report, result.run)
        click.echo()
        show_answers(EXAMPLES, answers)

    return {"run": str(result.run), "report": result.report, "predictions": answers}, tell
