"""``afina find-rate``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..language import _
from .options import command, recipe_options

__all__ = ["find_rate"]


@command(
    short=_("Suggest a learning rate from the training rows."),
    help=_(
        "Train on DATA or as a RECIPE says for a hundred steps, the learning rate rising from each to "
        "the next, and suggest the one at which half of the fall of the loss is done. The weights are thrown "
        "away."
    ),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@recipe_options
def find_rate(*, source: str, **options: Any) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..decide.find_rate import find_rate as run_find_rate
    from .arguments import recipe_of
    from .screen import screen
    from .summary import show_rate

    with screen() as listen:
        found = run_find_rate(recipe_of(source, options), listen=listen).plain()
    return found, lambda: show_rate(found, source)
