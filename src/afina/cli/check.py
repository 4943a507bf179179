"""``afina check``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _, ngettext
from .options import command, copy_options, recipe_options

__all__ = ["check", "show_copy"]

#: Contradictions that are named; the others are counted.
_NAMED = 10


@command(
    short=_("Audit the data and plan the training."),
    help=_("Audit the data and plan the training: steps, memory and time. Nothing is trained."),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@click.option(
    "--fix", is_flag=True, help=_("Write a mended copy of the data and a log of every change instead.")
)
@copy_options
@recipe_options
def check(
    *, source: str, fix: bool, output: Path | None, overwrite: bool, **options: Any
) -> tuple[dict[str, Any], Callable[[], None]]:
    if not fix and (output is not None or overwrite):
        raise click.UsageError(_("-o and --overwrite go with --fix."))
    from ..run import check as run_check
    from ..run import fix as run_fix
    from .arguments import recipe_of
    from .screen import screen

    with screen() as listen:
        if fix:
            mended = run_fix(recipe_of(source, options), out=output, overwrite=overwrite, listen=listen)
            return mended, lambda: show_copy(mended)
        found = run_check(recipe_of(source, options), listen=listen)
    return found, lambda: _show(found)


def _show(found: dict[str, Any]) -> None:
    from ..evaluate.words import duration, number, share, size
    from .summary import facts

    plan, rows, labels = found["plan"], found["rows"], found["labels"]
    plans = [*found["before"], plan]
    most = max((each["memory"] for each in plans), key=lambda memory: memory["expected"])
    names = ", ".join(map(str, labels)) if len(labels) <= 12 else ", ".join(map(str, labels[:12])) + ", …"
    # fmt: off
    facts([
        (_("Rows"), _("{train} to train, {dev} to choose, {test} to test").format(
            train=number(rows["train"]), dev=number(rows["dev"]), test=number(rows["test"]))),
        *([(_("Labels"), f"{len(labels)}: {names}")] if labels else []),
        (_("Parameters"), _("{total}, of which {trainable} learn").format(
            total=number(plan["parameters"]["total"]), trainable=number(plan["parameters"]["trainable"]))),
        (_("Steps"), number(sum(each["steps"] for each in plans))),
        (_("Tokens"), number(sum(each["tokens"] for each in plans))),
        (_("Padding"), share(plan["padding"], 1)),
        (_("Memory, about"), _("{size} ({low} to {high})").format(
            size=size(most["expected"]), low=size(most["low"]), high=size(most["high"]))),
        (_("Training, about"), duration(sum(each["seconds"] for each in plans))),
    ])
    # fmt: on
    audit = found["audit"]
    count = len(audit)
    click.echo()
    click.echo(
        ngettext("{count} finding of the audit.", "{count} findings of the audit.", count).format(count=count)
    )


def show_copy(made: dict[str, Any]) -> None:
    """What was changed, and where the copy is."""
    from ..evaluate.words import number

    if made["output"] is None:
        click.echo(_("Nothing had to be changed, so there is no copy."))
    else:
        _show_changes(made)
    for places in made["contradictions"][:_NAMED]:
        click.echo(_("The same text, different labels: {places}").format(places=" = ".join(places)), err=True)
    if rest := len(made["contradictions"][_NAMED:]):
        click.echo(_("and {count} more").format(count=number(rest)), err=True)


def _show_changes(made: dict[str, Any]) -> None:
    from ..evaluate.words import number, split_name
    from .summary import facts

    names = {
        "unusable": _("Rows that cannot be used, left out"),
        "duplicate": _("Copies of a row, left out"),
        "leakage": _("Copies of rows of another split, left out"),
        "contradiction": _("Contradicting rows, left out"),
        "removed": _("Rows left out by your decision"),
        "encoding": _("Spoilt letters repaired"),
        "label": _("Labels changed"),
    }
    cleaned = sum(count for what, count in made["changes"].items() if what not in names)
    rows = ", ".join(f"{split_name(side)} {number(count)}" for side, count in made["rows"].items())
    if len(made["rows"]) == 1:  # a file that is not divided
        rows = number(sum(made["rows"].values()))
    facts(
        [
            *(
                (told, number(made["changes"][what]))
                for what, told in names.items()
                if what in made["changes"]
            ),
            *([(_("Texts cleaned"), number(cleaned))] if cleaned else []),
            (_("Rows that are left"), rows),
            (_("Written to"), made["output"]),
            (_("Every change"), made["log"]),
        ]
    )
