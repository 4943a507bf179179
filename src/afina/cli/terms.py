"""``afina terms``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["terms"]


@command(
    short=_("Read and accept the terms of a model."),
    help=_("Show the terms of use of MODEL, and ask whether you accept them."),
    epilog=_("Example: afina terms gemma-270m"),
    hidden=True,
)
@click.argument("model", metavar=_("MODEL"))
@click.option("--accept", is_flag=True, help=_("Accept them without being asked."))
def terms(*, model: str, accept: bool) -> tuple[dict[str, Any], Callable[[], None]]:
    from ..errors import ModelError
    from ..models import packages
    from ..models.catalogue import CATALOGUE
    from ..models.terms import text_of
    from ..section import near_miss

    known = [entry.name for entry in CATALOGUE.values() if entry.terms]
    if model not in known:
        raise ModelError(
            _("'{name}' is no model with terms of use to be accepted here.").format(name=model),
            fix=near_miss(model, known),
        )
    entry = CATALOGUE[model]
    path = packages.terms_of(entry)
    asked = not accept and sys.stdin.isatty() and not packages.has_accepted(entry)
    if not accept:
        show = click.echo_via_pager if sys.stdout.isatty() else click.echo
        show(text_of(path))
    if accept or (
        asked and click.confirm(_("Do you accept these terms for your use of {name}?").format(name=model))
    ):
        packages.accept(entry)
    accepted = packages.has_accepted(entry)
    value = {"model": model, "terms": str(path), "accepted": accepted}
    return value, lambda: click.echo(_told(model, str(path), accepted), err=True)


def _told(model: str, path: str, accepted: bool) -> str:
    if accepted:
        return _("The terms of {name} are accepted on this machine. They stand in {path}.").format(
            name=model, path=path
        )
    return _("The terms of {name} are not accepted. To accept them: afina terms {name} --accept").format(
        name=model
    )
