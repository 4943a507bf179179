"""``afina clean``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..language import _, ngettext
from .options import command, copy_options, recipe_options

if TYPE_CHECKING:
    from ..data.audit import Suspect
    from ..recipe.recipe import Recipe
    from ..review import Review

__all__ = ["clean"]

#: Characters of a neighbour that are shown.
_WIDTH = 160


@command(
    short=_("Go through labels that may be wrong."),
    help=_(
        "Go through the training rows of DATA, or of a RUN, whose label may be wrong, and decide on each. "
        "Decisions are kept as they are made; the copy of the data as decided is written at the end."
    ),
    epilog=_("Example: afina clean reviews.csv"),
)
@click.argument("source", metavar=_("DATA|RUN"))
@click.option("--write", is_flag=True, help=_("Ask nothing: write the copy as decided so far."))
@copy_options
@recipe_options
def clean(
    *, source: str, write: bool, output: Path | None, overwrite: bool, **options: Any
) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..review import Review
    from .check import show_copy
    from .screen import screen

    with screen() as listen:
        review = Review(_recipe(source, options), listen)
        if write:
            written = review.write(output, overwrite)
            return written, lambda: show_copy(written)
        left = review.open()
    value = {
        "suspects": [suspect.plain() for suspect in left],
        "decided": len(review.decisions.made),
        "decisions": str(review.decisions.path),
    }

    def show() -> None:
        if _ask(review, left):
            show_copy(review.write(output, overwrite))
        else:
            told = _(
                "What you have decided is in {path}. Go on with the same command; --write writes the copy."
            )
            click.echo(told.format(path=review.decisions.path))

    return value, show


def _recipe(source: str, options: dict[str, Any]) -> Recipe:
    """That of a run, or of data as they are."""
    from ..errors import StoreError
    from ..runs.store import find, stored_recipe
    from .arguments import recipe_of

    path = Path(source)
    if path.exists() and not (path / "recipe.json").exists():
        return recipe_of(source, options)
    try:
        return stored_recipe(find(source))
    except StoreError:
        if path.exists() or not path.suffix:
            raise
        # The mistyped name of a file.
        return recipe_of(source, options)


def _ask(review: Review, left: list[Suspect]) -> bool:
    """Goes through them; whether the end was reached."""
    count = len(left)
    told = ngettext("{count} label to decide on.", "{count} labels to decide on.", count).format(count=count)
    click.echo(told)
    at = 0
    while at < count:
        _show(review, left[at], at + 1, count)
        answer = _answer()
        if answer in ("", "0"):
            return False
        if answer == "6":
            at = max(0, at - 1)
            review.decide(left[at], "undone")
            continue
        if answer == "3":
            new = _label(review)
            if new is None:
                continue
            review.decide(left[at], "keep" if new == left[at].label else "label", new)
        elif answer == "2":
            review.decide(left[at], "label", left[at].suggested)
        elif answer != "5":
            review.decide(left[at], "keep" if answer == "1" else "remove")
        at += 1
    return True


def _show(review: Review, suspect: Suspect, number: int, count: int) -> None:
    from ..evaluate.words import number as figure

    click.secho(f"\n{number}/{count}  {suspect.where}", bold=True)
    click.echo(f"  {suspect.text}")
    told = _("Labelled '{label}'; the others say '{suggested}' (margin {margin}).").format(
        label=suspect.label, suggested=suspect.suggested, margin=figure(suspect.margin, 2)
    )
    click.secho(f"  {told}", fg="yellow")
    for near in review.neighbours(suspect):
        text = near["text"] if len(near["text"]) <= _WIDTH else near["text"][: _WIDTH - 1] + "…"
        click.secho(f"  {figure(near['similarity'], 2)} '{near['label']}'  {text}", dim=True)


def _answer() -> str:
    """The key that a person chose; empty at the end of the input."""
    keys = {
        "1": _("keep"), "2": _("take the suggestion"), "3": _("another label"), "4": _("remove the row"),
        "5": _("skip"), "6": _("undo"), "0": _("quit"),
    }  # fmt: skip
    while True:
        click.echo("  " + "  ".join(f"{key} {told}" for key, told in keys.items()) + "  > ", nl=False)
        line = sys.stdin.readline()
        if not line or line.strip() in keys:
            return line.strip()


def _label(review: Review) -> str | None:
    """The label that a person names, by itself or by its number; None where there is none such."""
    from ..section import near_miss, shown

    names = "  ".join(f"{number} {label}" for number, label in enumerate(review.labels, 1))
    click.echo(f"  {names}  > ", nl=False)
    given = sys.stdin.readline().strip()
    if given in review.labels:
        return given
    if given.isdecimal() and 1 <= int(given) <= len(review.labels):
        return review.labels[int(given) - 1]
    told = _("there is no label {name}.").format(name=shown(given))
    click.secho(f"  {told} {near_miss(given, review.labels)}", fg="red")
    return None
