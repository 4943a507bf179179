"""``afina list``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["THINGS", "list_"]

Row = dict[str, Any]


def _models() -> list[Row]:
    from ..models.catalogue import CATALOGUE

    return [
        {"name": entry.name, "help": entry.about(), "package": entry.package, "licence": entry.licence}
        for entry in CATALOGUE.values()
        if entry.kind == "model"
    ]


def _table(module: str, name: str) -> list[Row]:
    from importlib import import_module

    table = getattr(import_module(f"..{module}", __package__), name)
    return [{"name": kind, "help": told} for kind, told in table.describe().items()]


def _settings() -> list[Row]:
    from ..recipe.describe import settings

    return settings()


def _runs() -> list[Row]:
    from ..runs.index import rows

    return rows()


#: What can be listed -> how.
THINGS: dict[str, Callable[[], list[Row]]] = {
    "models": _models,
    "methods": lambda: _table("adapt", "METHODS"),
    "tasks": lambda: _table("tasks", "TASKS"),
    "objectives": lambda: _table("objectives", "OBJECTIVES"),
    "formats": lambda: _table("data.formats", "FORMATS"),
    "shapes": lambda: _table("data.shapes", "SHAPES"),
    "labelling-functions": lambda: _table("recipe.recipe", "LABELLING_FUNCTIONS"),
    "label-models": lambda: _table("data.weak.label_models", "LABEL_MODELS"),
    "checks": lambda: _table("data.audit", "CHECKS"),
    "metrics": lambda: _table("evaluate.metrics", "METRICS"),
    "baselines": lambda: _table("evaluate.baselines", "BASELINES"),
    "prompts": lambda: _table("evaluate.prompts", "PROMPTS"),
    "combiners": lambda: _table("combine", "COMBINERS"),
    "trackers": lambda: _table("track", "TRACKERS"),
    "settings": _settings,
    "runs": _runs,
}


@command(
    short=_("List models, methods, settings, runs …"),
    help=_("List what there is: {things}.").format(things=", ".join(THINGS)),
)
@click.argument("things", metavar=_("THINGS"), type=click.Choice(list(THINGS)))
def list_(*, things: str) -> tuple[list[Row], Callable[[], None]]:
    rows = THINGS[things]()
    return rows, lambda: _show(things, rows)


def _show(things: str, rows: list[Row]) -> None:
    from .summary import table

    if things == "runs":
        if not rows:
            click.echo(_("There are no runs yet. Start one with 'afina train FILE'."))
            return
        from ..evaluate.words import metric_name, number

        told = [
            (
                row["name"],
                _state(row["state"]),
                f"{metric_name(row['metric'])} {number(row['value'], 3)}" if row["metric"] else "",
                row["folder"],
            )
            for row in rows
        ]
        table((_("Run"), _("State"), _("Result"), _("Folder")), told)
    elif things == "settings":
        for row in rows:
            of = f"  ({row['of']})" if row["of"] else ""
            default = (
                "" if row["default"] is None else "  " + _("default: {value}").format(value=row["default"])
            )
            click.secho(f"{row['name']}{of}", bold=True, nl=False)
            click.secho(f"  {row['type']}{default}", dim=True)
            click.echo(click.wrap_text(row["help"], 80, "    ", "    "))
    else:
        table((), [(row["name"], row["help"]) for row in rows])


def _state(state: str) -> str:
    states = {
        "running": _("running"),
        "done": _("done"),
        "interrupted": _("interrupted"),
        "tried": _("tried"),
        "failed": _("failed"),
    }
    return states.get(state, state)
