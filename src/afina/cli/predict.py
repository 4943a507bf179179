"""``afina predict``."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import click

from ..data.whole import whole
from ..language import _, ngettext
from .options import command

__all__ = ["predict"]

Row = dict[str, Any]
Writer = Callable[[Row], object]

ENDINGS = (".csv", ".tsv", ".jsonl")


@command(
    short=_("Label or answer new texts."),
    help=_("Label or answer TEXTS, or the rows of a file, with the model of RUN."),
    epilog=_("Example: afina predict runs/reviews-full --file new.csv -o labelled.csv"),
)
@click.argument("run", metavar=_("RUN"))
@click.argument("texts", metavar=_("[TEXTS]..."), nargs=-1)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar=_("FILE"),
    help=_("A table of texts, or one text a line."),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar=_("FILE"),
    help=_("Where the rows of --file go with their labels or answers: a .csv, .tsv or .jsonl file."),
)
def predict(
    *, run: str, texts: tuple[str, ...], file: Path | None, output: Path | None
) -> tuple[Any, Callable[[], None]]:
    if bool(texts) == (file is not None):
        raise click.UsageError(_("Give texts, or a file with --file: one of the two."))
    if output is not None and file is None:
        raise click.UsageError(_("-o goes with --file."))
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise click.UsageError(
            _("The name after -o must end in one of: {endings}.").format(endings=", ".join(ENDINGS))
        )
    from ..runs.store import find_model
    from ..ship.artifact import load
    from .summary import show_answers

    predictor = load(find_model(run))
    if file is None:
        asked = _pairs(texts) if "pair_column" in predictor.details else texts
        answers = predictor.predict(asked)
        value = [{"text": text, **answer} for text, answer in zip(asked, answers, strict=True)]
        return value, lambda: show_answers(asked, answers)
    sheet, given = predictor.given(file)
    columns, rows, stream = list(sheet.columns), sheet.rows, predictor.stream(given)
    names = _free_names(columns, predictor.columns)
    if output is None:
        return stream, lambda: _print(columns, names, rows, stream)
    written = _written(output, columns, names, rows, stream)
    return written, lambda: _tell(output, sum(1 for _answer in written))


def _pairs(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Every two texts as a pair."""
    if len(texts) % 2:
        raise click.UsageError(_("This model takes pairs of texts: give two, four, …"))
    return list(zip(texts[::2], texts[1::2], strict=True))


def _free_names(columns: Sequence[str], added: Sequence[str]) -> dict[str, str]:
    """What is added to a row -> the name of its column; a file that has such a column keeps it."""
    taken = set(added) & set(columns)
    return {name: f"predicted_{name}" if taken else name for name in added}


def _print(
    columns: Sequence[str], names: Mapping[str, str], rows: Sequence[Row], stream: Iterator[Row]
) -> None:
    write = _writer(sys.stdout, ".csv", [*columns, *names.values()])
    for row, answer in zip(rows, stream, strict=True):
        write({**row, **{column: answer[name] for name, column in names.items()}})


def _written(
    output: Path, columns: Sequence[str], names: Mapping[str, str], rows: Sequence[Row], stream: Iterator[Row]
) -> Iterator[Row]:
    """The answers, each after its row was written. The file appears when it is whole."""
    with whole(output) as file:
        write = _writer(file, output.suffix.lower(), [*columns, *names.values()])
        for row, answer in zip(rows, stream, strict=True):
            write({**row, **{column: answer[name] for name, column in names.items()}})
            yield answer


def _writer(file: IO[str], ending: str, columns: Sequence[str]) -> Writer:
    if ending == ".jsonl":
        return lambda row: file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    table = csv.DictWriter(
        file, columns, extrasaction="ignore", lineterminator="\n", delimiter="\t" if ending == ".tsv" else ","
    )
    table.writeheader()
    return lambda row: table.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value


def _tell(output: Path, count: int) -> None:
    told = ngettext("{count} row written to {path}.", "{count} rows written to {path}.", count)
    click.echo(told.format(count=count, path=output), err=True)
