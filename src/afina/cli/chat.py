"""``afina chat``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["chat"]

_FORGET, _LEAVE = "/new", "/exit"


@command(
    short=_("Talk to a language model."),
    help=_(
        "Talk to MODEL: a run, a name of 'afina list models', a folder, a GGUF file or a hub id. Questions "
        "that come from a pipe are answered one a line."
    ),
    epilog=_("Example: afina chat smollm2-135m"),
)
@click.argument("model", metavar=_("MODEL"))
@click.option("--system", metavar=_("TEXT"), help=_("What the model is told before everything else."))
@click.option(
    "--beside-base",
    is_flag=True,
    help=_("Show beside each answer of a run what the model answered before it was trained."),
)
@click.option("--max-tokens", type=click.IntRange(min=1), help=_("Longest answer, in tokens."))
@click.option(
    "--temperature",
    type=click.FloatRange(0, 10),
    help=_("How freely the next token is drawn: 0 always takes the likeliest one."),
)
@click.option(
    "--top-p", type=click.FloatRange(0, 1, min_open=True),
    help=_("Draw only from the likeliest tokens whose probabilities together reach this."),
)  # fmt: skip
@click.option("--seed", type=int, metavar="N", default=0, help=_("The same seed draws the same answers."))
def chat(
    *, model: str, system: str | None, beside_base: bool, seed: int, **answers: float | None
) -> tuple[Any, Callable[[], None]]:
    from ..ship.chat import Chat

    given = {name: value for name, value in answers.items() if value is not None}
    made = Chat(model, system=system, seed=seed, **given)
    talks = {"answer": made}
    if beside_base:
        talks["base_answer"] = made.base()

    def forget() -> None:
        for talk in talks.values():
            talk.forget()

    turns = (
        {"question": question, **{name: talk.ask(question) for name, talk in talks.items()}}
        for question in _questions(forget)
    )
    return turns, lambda: _talk(talks, _questions(forget))


def _talk(talks: Mapping[str, Any], questions: Iterator[str]) -> None:
    if sys.stdin.isatty():
        told = _("Type a question. {forget} begins anew, {leave} or Ctrl-D ends.")
        click.secho(told.format(forget=_FORGET, leave=_LEAVE), dim=True)
    for question in questions:
        if len(talks) == 1:
            talks["answer"].ask(question, lambda piece: click.echo(piece, nl=False))
            click.echo("\n")
        else:
            _side_by_side(talks["base_answer"].ask(question), talks["answer"].ask(question))


def _side_by_side(before: str, after: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, expand=True, padding=(0, 2, 1, 0))
    table.add_column(_("As it came"), ratio=1)
    table.add_column(_("Trained"), ratio=1)
    table.add_row(Text(before), Text(after))
    Console().print(table)


def _questions(forget: Callable[[], None]) -> Iterator[str]:
    """What a person types, or the lines of a pipe."""
    typed = sys.stdin.isatty()
    while True:
        if typed:
            click.secho("> ", nl=False, bold=True, err=True)
        line = sys.stdin.readline()
        question = line.strip()
        if not line or question == _LEAVE:
            return
        if question == _FORGET:
            forget()
        elif question:
            yield question
