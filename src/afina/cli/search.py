"""``afina search``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..language import _
from .options import command

__all__ = ["search"]


@command(
    short=_("Find the documents that answer a question."),
    help=_("Find the documents that answer QUESTION with the model of RUN, which was trained to search."),
    epilog=_('Example: afina search runs/help-full "How do I return a camera?" --in articles.csv'),
)
@click.argument("run", metavar=_("RUN"))
@click.argument("question", metavar=_("QUESTION"))
@click.option(
    "--in",
    "documents",
    type=click.Path(path_type=Path),
    metavar=_("FILE"),
    required=True,
    help=_("A table of documents, or one document a line."),
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=5,
    metavar=_("N"),
    help=_("How many documents are shown. Default: 5."),
)
def search(
    *, run: str, question: str, documents: Path, top: int
) -> tuple[list[dict[str, Any]], Callable[[], None]]:
    from ..run import search as run_search
    from .summary import show_found

    found = run_search(run, question, documents, top)
    return found, lambda: show_found(found)
