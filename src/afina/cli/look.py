"""``afina look``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from ..language import _, figures, ngettext
from .options import command, recipe_options

__all__ = ["look"]


@command(
    short=_("Show rows as the model sees them."),
    help=_(
        "Show rows as the model sees them: the text after cleaning, its tokens, its label or what is learnt."
    ),
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
        counts = row["counts"]
        click.secho(row["where"] + ("" if counts else f"  {_shown_label(row['label'])}"), bold=True)
        if counts:
            _show_learnt(row["tokens"], counts)
        else:
            click.echo(f"  {row['text']}")
            click.secho("  " + " ".join(row["tokens"]), dim=True)
        count = len(row["ids"])
        told = ngettext("{count} token", "{count} tokens", count).format(count=count)
        if counts:
            told += "; " + _("{count} of them are learnt").format(count=sum(count > 0 for count in counts))
        if row["cut"]:
            told += "; " + ngettext(
                "{count} more was cut off", "{count} more were cut off", row["cut"]
            ).format(count=row["cut"])
        click.echo(f"  {told}\n")


def _show_learnt(tokens: Sequence[str], counts: Sequence[float]) -> None:
    """Tokens on lines of their text: those that are learnt bright, and in square brackets without colours."""
    line: list[str] = []
    for token, count in zip(tokens, counts, strict=True):
        line.append(click.style(f"[{token}]", fg="green") if count else click.style(token, dim=True))
        if "⏎" in token:
            click.echo("  " + " ".join(line))
            line = []
    if line:
        click.echo("  " + " ".join(line))


def _shown_label(label: str | float | list[str] | dict[str, float] | None) -> str:
    if isinstance(label, list):
        return " ".join(label)
    if isinstance(label, float):
        return figures(label)
    if isinstance(label, dict):
        return ", ".join(f"{name} {figures(chance)}" for name, chance in label.items())
    return label if label is not None else _("no label")
