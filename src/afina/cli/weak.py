"""``afina weak``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..data.whole import whole
from ..language import _, ngettext
from .options import command, recipe_options

__all__ = ["weak"]


@command(
    short=_("Label rows by rules, annotators or models."),
    help=_(
        "Label rows by rules, annotators or models, and show how often they speak, agree and are right. The "
        "test rows are not looked at, and nothing is trained."
    ),
    epilog=_("Example: afina weak comments.csv --rules weak.yaml -o labelled.jsonl"),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar=_("FILE"),
    help=_("The labelling functions, in YAML; a recipe may hold them itself, under data.weak."),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar=_("FILE"),
    help=_("Where the rows go with their soft labels: a .jsonl file."),
)
@recipe_options
def weak(
    *, source: str, rules: Path | None, output: Path | None, **options: Any
) -> tuple[dict[str, Any], Callable[[], None]]:
    if output is not None and output.suffix.lower() != ".jsonl":
        raise click.UsageError(_("The name after -o must end in one of: {endings}.").format(endings=".jsonl"))
    from ..run import weak as run_weak
    from .arguments import recipe_of
    from .screen import screen

    with screen() as listen:
        made = run_weak(recipe_of(source, options | {"rules": rules}), listen=listen)
    if output is not None:
        with whole(output) as file:
            for row in made.written():
                file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    found = made.plain()
    return found, lambda: _show(found, output)


def _show(found: dict[str, Any], output: Path | None) -> None:
    from ..evaluate.words import number, share
    from .summary import facts, table

    def accuracy(one: dict[str, Any]) -> tuple[str, str]:
        wilson = one["accuracy"]
        if wilson is None:
            return "", ""
        ends = f"{number(wilson['low'], 2)}–{number(wilson['high'], 2)}"
        return f"{number(one['right'])}/{number(one['known'])}", f"{number(wilson['value'], 2)} {ends}"

    table(
        (
            _("Function"), _("Labels"), _("Coverage"), _("Overlaps"), _("Conflicts"), _("Right"),
            _("Accuracy (95 %)"), _("Estimated"),
        ),
        [
            (
                one["name"], ", ".join(one["labels"]), share(one["coverage"], 1), share(one["overlaps"], 1),
                share(one["conflicts"], 1), *accuracy(one),
                "" if one["estimated"] is None else number(one["estimated"], 2),
            )
            for one in found["functions"]
        ],
        right=(2, 3, 4, 5, 6, 7),
    )  # fmt: skip
    click.echo()
    by_hand = _("{count} rows, the test rows not counted").format(count=number(found["known"]))
    balance = ", ".join(f"{label} {share(part, 0)}" for label, part in found["balance"].items())
    covered = _("{covered} of {rows} rows without a label").format(
        covered=number(found["covered"]), rows=number(found["rows"])
    )
    facts([(_("Labelled"), covered), (_("Labels"), balance), (_("Labelled by hand"), by_hand)])
    if output is not None:
        told = ngettext("{count} row written to {path}.", "{count} rows written to {path}.", found["covered"])
        click.echo(told.format(count=found["covered"], path=output), err=True)
