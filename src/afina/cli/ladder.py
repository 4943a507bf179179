"""``afina ladder``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command, on_option, recipe_options

__all__ = ["ladder"]


@command(
    short=_("Say whether fine-tuning is worth it."),
    help=_(
        "Try the ways from the cheapest to the dearest on DATA, or as a RECIPE says, stop where the next one "
        "cannot repay, and recommend the cheapest that is not provably worse than the best."
    ),
    epilog=_("Ctrl-C saves and stops; the same command with --resume continues."),
)
@click.argument("source", metavar=_("DATA|RECIPE"))
@recipe_options
@click.option(
    "--least-gain", type=float, help=_("The smallest gain that is worth a dearer way. Default: 0.01.")
)
@click.option(
    "--budget", type=float, metavar=_("SECONDS"), help=_("The most that training one way may take.")
)
@click.option(
    "--refresh-days",
    type=float,
    metavar=_("DAYS"),
    help=_("After how many days the labels will have changed."),
)
@click.option(
    "--label-seconds", type=float, metavar=_("SECONDS"), help=_("What labelling one row takes. Default: 30.")
)
@click.option(
    "--on-test",
    type=click.Choice(["once", "never"]),
    default="once",
    help=_("Whether the test rows confirm the choice at the end. Default: once."),
)
@on_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar=_("FOLDER"),
    help=_("Folder of the ladder. Default: a new one under runs/."),
)
@click.option("--resume", is_flag=True, help=_("Continue the interrupted ladder of the same settings."))
def ladder(
    *, source: str, on: str | None, out: Path | None, resume: bool, on_test: str, least_gain: float | None,
    budget: float | None, refresh_days: float | None, label_seconds: float | None, **options: Any,
) -> tuple[dict[str, Any], Callable[[], None]]:  # fmt: skip
    from ..decide.ladder import ladder as climb
    from ..decide.rules import Rules
    from ..decide.runner import runner_of
    from .arguments import recipe_of
    from .screen import screen

    given = {
        "least_gain": least_gain, "budget": budget, "refresh_days": refresh_days,
        "label_seconds": label_seconds,
    }  # fmt: skip
    rules = Rules.of({name: value for name, value in given.items() if value is not None})
    with screen() as listen:
        made = climb(
            recipe_of(source, options),
            rules,
            out=out,
            resume=resume,
            on_test=on_test == "once",
            runner=runner_of(on),
            listen=listen,
        )
    return {"run": str(made.folder), **made.told}, lambda: _show(made.told, made.folder)


def _show(told: Mapping[str, Any], folder: Path) -> None:
    from ..decide.ladder_page import headline, other_metric
    from ..evaluate.words import (
        between,
        candidate_name,
        changed,
        duration,
        lower_is_better,
        metric_name,
        metric_told,
        number,
        signed,
        size,
    )
    from .summary import table

    primary, other = told["decided_by"], other_metric(told)
    rows = []
    for rung in told["rungs"]:
        name = candidate_name(rung["name"])
        if rung["left_out"] is not None:
            rows.append(
                (" ", name, _("not tried"), *([""] if other else []), duration(rung["seconds"]), "", "")
            )
            continue
        value = rung["metrics"][primary]
        answering = rung["milliseconds_per_row"]
        rows.append(
            (
                "→" if rung["name"] == told["choice"] else " ",
                name,
                f"{number(value['value'], 3)} {number(value['low'], 2)}–{number(value['high'], 2)}",
                *([number(rung["metrics"][other]["value"], 3)] if other else []),
                duration(rung["seconds"]),
                "" if answering is None else f"{number(answering, 1)} ms",
                size(rung["bytes"]),
            )
        )
    click.echo()
    headings = (
        _("On the development rows"),
        f"{metric_name(primary)} (95 %)",
        *([metric_name(other)] if other else []),
        _("Time"),
        _("A row"),
        _("Size"),
    )
    table(("", *headings), rows, right=(3, 4, 5, 6) if other else (3, 4, 5))
    for metric in filter(None, (primary, other)):
        if lower_is_better(metric):
            click.secho(_("{metric}: lower is better.").format(metric=metric_name(metric)), dim=True)
    for rung in told["rungs"]:
        if rung["left_out"] is not None:
            click.secho(f"{candidate_name(rung['name'])}: {rung['left_out']['reason']}", dim=True)
    curve = told["learning_curve"]
    if curve is not None:
        change = changed(curve["gain"], told["primary_metric"])
        text = _(
            "Twice as many rows would change {metric} of a head on the frozen model by {gain} [{interval}]."
        )
        click.echo()
        click.echo(
            text.format(
                metric=metric_told(told["primary_metric"]), gain=signed(change["value"]),
                interval=between(change, sign=True),
            )
        )  # fmt: skip
    click.echo()
    click.secho(headline(told), bold=True)
    sentence = told["reason"]["sentence"]
    click.echo(sentence[0].upper() + sentence[1:])
    if told["test"] is not None:
        click.echo(told["test"]["sentence"])
    click.echo()
    click.echo(_("Page: {path}").format(path=folder / "ladder.html"))
    if told["next"]:
        click.echo("\n" + _("Next:"))
        for line in told["next"]:
            click.secho(f"  {line}", fg="cyan")
