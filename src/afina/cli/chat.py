"""``afina chat``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
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
    "--max-tokens", type=click.IntRange(min=1), default=256, show_default=True,
    help=_("Longest answer, in tokens."),
)  # fmt: skip
@click.option(
    "--temperature", type=click.FloatRange(0, 10), default=0.0, show_default=True,
    help=_("How freely the next token is drawn: 0 always takes the likeliest one."),
)  # fmt: skip
@click.option(
    "--top-p", type=click.FloatRange(0, 1, min_open=True), default=1.0, show_default=True,
    help=_("Draw only from the likeliest tokens whose probabilities together reach this."),
)  # fmt: skip
@click.option("--seed", type=int, metavar="N", default=0, help=_("The same seed draws the same answers."))
def chat(
    *, model: str, system: str | None, max_tokens: int, temperature: float, top_p: float, seed: int
) -> tuple[Any, Callable[[], None]]:
    from pathlib import Path

    from ..models.generate import Generate
    from ..runs.store import find_model
    from ..ship.chat import Chat

    settings = Generate(max_tokens=max_tokens, temperature=temperature, top_p=top_p)
    if (Path(model) / "report.json").is_file():
        model = str(find_model(model) / "model")
    made = Chat(model, system=system, settings=settings, seed=seed)
    turns = ({"question": question, "answer": made.ask(question)} for question in _questions(made.forget))
    return turns, lambda: _talk(made)


def _talk(made: Any) -> None:
    if sys.stdin.isatty():
        told = _("Type a question. {forget} begins anew, {leave} or Ctrl-D ends.")
        click.secho(told.format(forget=_FORGET, leave=_LEAVE), dim=True)
    for question in _questions(made.forget):
        made.ask(question, lambda piece: click.echo(piece, nl=False))
        click.echo("\n")


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
