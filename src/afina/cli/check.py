"""``afina check``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..language import _, ngettext
from .options import command, recipe_options

__all__ = ["check"]


@command(
    short=_("Audit the data and plan the training."),
    help=_("Audit the data and plan the training: steps, memory and time. Nothing is trained."),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@recipe_options
def check(*, source: str, **options: Any) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..run import check as run_check
    from .arguments import recipe_of
    from .screen import screen

    with screen() as listen:
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
