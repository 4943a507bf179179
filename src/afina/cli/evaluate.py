"""``afina evaluate``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["evaluate"]


@command(
    short=_("Measure a model on other data."),
    help=_("Measure the model of RUN on other labelled texts, DATA."),
)
@click.argument("run", metavar=_("RUN"))
@click.argument("data", metavar=_("DATA"), type=click.Path(path_type=Path))
def evaluate(*, run: str, data: Path) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..run import evaluate as run_evaluate
    from .summary import show_metrics

    measured = run_evaluate(run, data)
    return measured, lambda: show_metrics(measured)
