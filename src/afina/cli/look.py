"""``afina look``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..language import _, ngettext
from .options import command, recipe_options

__all__ = ["look"]


@command(
    short=_("Show rows as the model sees them."),
    help=_("Show rows as the model sees them: the text after cleaning, its tokens, its label."),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@click.option("--count", type=click.IntRange(min=1), default=5, show_default=True, help=_("How many rows."))
@recipe_options
def look(*, source: str, count: int, **options: Any) -> tuple[list[dict[str, Any]], Callable[[], None]]:
    from ..run import look as run_look
    from .arguments import recipe_of

    rows = run_look(recipe_of(source, options), count)
    return rows, lambda: _show(rows)


def _show(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        click.secho(f"{row['where']}  {_shown_label(row['label'])}", bold=True)
        click.echo(f"  {row['text']}")
        click.secho("  " + " ".join(row["tokens"]), dim=True)
        count = len(row["ids"])
        told = ngettext("{count} token", "{count} tokens", count).format(count=count)
        if row["cut"]:
            told += "; " + ngettext(
                "{count} more was cut off", "{count} more were cut off", row["cut"]
            ).format(count=row["cut"])
        click.echo(f"  {told}\n")


def _shown_label(label: str | dict[str, float] | None) -> str:
    if isinstance(label, dict):
        return ", ".join(f"{name} {chance:g}" for name, chance in label.items())
    return label if label is not None else _("no label")
