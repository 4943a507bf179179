"""What several commands share: options, and one JSON object on standard output."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click

from ..language import LANGUAGES, _, speak

__all__ = ["command", "copy_options", "emit", "lang", "on_option", "recipe_options"]

Function = TypeVar("Function", bound=Callable[..., Any])


def _speak(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        speak(value)


def lang(function: Function) -> Function:
    """``--lang``: :func:`afina.language.guess` has read it already; here it is checked and explained."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        callback=_speak,
        help=_("Language of everything that is said: English or Spanish."),
    )(function)


def command(
    *, help: str, short: str, epilog: str | None = None, hidden: bool = False
) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that returns ``(value, show)``: what ``--json`` prints, and what shows it to a person.

    An iterator is printed as a list. A hidden command is told of where it is needed, not in the overview.

    With ``--json``, whatever a library writes to standard output goes to standard error, so that standard
    output is one JSON value.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def run(*, as_json: bool, **arguments: Any) -> None:
            if not as_json:
                _value, show = function(**arguments)
                show()
                return
            with redirect_stdout(sys.stderr):
                value, _show = function(**arguments)
                value = list(value) if isinstance(value, Iterator) else value
            emit(value)

        run = click.option(
            "--json", "as_json", is_flag=True, help=_("Print one JSON value and nothing else, for programs.")
        )(lang(run))
        return click.command(
            function.__name__.rstrip("_").replace("_", "-"),
            help=help,
            short_help=short,
            epilog=epilog,
            hidden=hidden,
            options_metavar=_("[OPTIONS]"),
        )(run)

    return decorate


def emit(value: object) -> None:
    """One JSON value on standard output, in ASCII where the terminal or pipe knows no UTF-8."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not unicode, allow_nan=False, default=str))


def copy_options(function: Function) -> Function:
    """Where a copy of the data goes."""
    options = (
        click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path),
            metavar=_("PATH"),
            help=_("Where the copy goes: a file or a folder. Default: beside the data."),
        ),
        click.option("--overwrite", is_flag=True, help=_("Replace a copy that is there already.")),
    )
    for option in reversed(options):
        function = option(function)
    return function


def on_option(function: Function) -> Function:
    """Where recipes are tried."""
    return click.option(
        "--on",
        metavar=_("WHERE"),
        help=_(
            "'ray' for several at once on this machine, 'ray://ADDRESS' for a cluster. Default: one by one."
        ),
    )(function)


def recipe_options(function: Function) -> Function:
    """The options that make a recipe together with the file."""
    options = (
        click.option("--task", metavar=_("KIND"), help=_("What the model is for; 'afina list tasks'.")),
        click.option(
            "--model",
            metavar=_("NAME"),
            help=_("Pretrained model; 'afina list models', a folder or a hub id."),
        ),
        click.option("--adapt", metavar=_("KIND"), help=_("Which weights may change; 'afina list methods'.")),
        click.option(
            "--test",
            type=click.Path(path_type=Path),
            metavar=_("FILE"),
            help=_("Labelled rows kept for the final measurement."),
        ),
        click.option(
            "--seed", type=int, metavar="N", help=_("The same seed gives the same result. Default: 0.")
        ),
        click.option(
            "--set",
            "sets",
            multiple=True,
            metavar=_("KEY=VALUE"),
            help=_("Any other setting, such as train.epochs=2; 'afina list settings'. Can be repeated."),
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function
