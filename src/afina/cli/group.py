"""``afina`` and its commands."""

from __future__ import annotations

import click

from .. import __version__
from ..language import _
from .chat import chat
from .check import check
from .clean import clean
from .combine import combine
from .demo import demo
from .doctor import doctor
from .evaluate import evaluate
from .find_rate import find_rate
from .ladder import ladder
from .listing import list_
from .look import look
from .options import lang
from .predict import predict
from .search import search
from .show import show
from .sweep import sweep
from .terms import terms
from .train import train
from .weak import weak

__all__ = ["group"]

_COMMANDS = (
    demo,
    ladder,
    train,
    check,
    weak,
    clean,
    look,
    evaluate,
    predict,
    search,
    combine,
    sweep,
    find_rate,
    show,
    chat,
    list_,
    terms,
    doctor,
)


class InOrder(click.Group):
    """Lists its commands in the order in which a person needs them."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=InOrder,
    help=_("Fine-tune pretrained models on your own data, and prove what it was worth."),
    epilog=_("Start with 'afina demo', or with 'afina train FILE' on your table of texts."),
    options_metavar=_("[OPTIONS]"),
    subcommand_metavar=_("COMMAND [ARGUMENTS]..."),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="afina")
@lang
def group() -> None:
    pass


for _command in _COMMANDS:
    group.add_command(_command)
