"""What is seen at the end: the comparison table, the verdict, where things are and what to type next."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..evaluate.page import headline, rank, second
from ..evaluate.words import direction, duration, metric_name, number, size
from ..language import _
from ..section import shown

#: Columns where the output is no terminal.
WIDE = 160
#: Spaces between two columns.
_GAP = 2
#: Numbers of a vector that are shown.
_NUMBERS = 6
#: From the smallest to the greatest.
_BARS = "▁▂▃▄▅▆▇█"
#: Letters of a document that are shown.
_SHOWN = 240

__all__ = [
    "facts",
    "show_answers",
    "show_combination",
    "show_found",
    "show_metrics",
    "show_rate",
    "show_report",
    "show_sweep",
    "table",
]


def _console() -> Console:
    """A file or pipe has no edge to wrap at."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """A plain table; ``right`` are the columns that hold numbers.

    Where words would be broken, it is shown in parts, each with the first column.
    """
    rows, console = list(rows), _console()
    parts = _parts([headings, *rows] if headings else rows, right, console.width)
    for part in parts:
        if part is not parts[0]:
            console.print()
        _print(console, headings, rows, right, part)


def _print(
    console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int],
    columns: Sequence[int],
) -> None:  # fmt: skip
    made = Table(
        box=None, show_header=bool(headings), padding=(0, _GAP, 0, 0), pad_edge=False, header_style="dim"
    )
    for column in columns:
        made.add_column(
            Text(headings[column] if headings else ""),
            justify="right" if column in right else "left",
            overflow="fold",
            no_wrap=column in right,
        )
    for row in rows:
        made.add_row(*(Text(row[column]) for column in columns))
    console.print(made)


def _parts(lines: Sequence[Sequence[str]], right: Sequence[int], width: int) -> list[list[int]]:
    """The columns that stand side by side: all of them if no word must be broken for it."""
    columns = list(zip(*lines, strict=True))
    wide = [max(map(cell_len, column)) for column in columns]
    words = [max(cell_len(word) for cell in column for word in cell.split(" ")) for column in columns]
    needed = sum(wide[at] if at in right else words[at] for at in range(len(columns)))
    if needed + _GAP * (len(columns) - 1) <= width or len(columns) < 3:
        return [list(range(len(columns)))]
    least = len(_filled(wide, width))
    # As few parts as fit, and of widths as even as can be.
    return next(parts for limit in range(width + 1) if len(parts := _filled(wide, limit)) <= least)


def _filled(wide: Sequence[int], limit: int) -> list[list[int]]:
    """Columns of these widths in parts that are no wider than the limit, if that can be."""
    parts, left = [[0]], limit - wide[0]
    for column in range(1, len(wide)):
        left -= _GAP + wide[column]
        if left < 0 and len(parts[-1]) > 1:
            parts.append([0])
            left = limit - wide[0] - _GAP - wide[column]
        parts[-1].append(column)
    return parts


def facts(pairs: Sequence[tuple[str, str]]) -> None:
    """Names and values, one pair a line."""
    table((), pairs)


def show_report(report: Mapping[str, Any], run: Path) -> None:
    """The end of a training, and ``afina show``."""
    console = _console()
    console.print()
    console.print(_comparison(report))
    console.print()
    console.print(Text(headline(report), style="bold"))
    console.print(Text(report["verdict"]["reason"]))
    console.print()
    for name, place in ((_("Report"), run / "report.html"), (_("Model"), run / "model")):
        console.print(Text(f"{name}: {place}"), soft_wrap=True)
    commands = report.get("next") or []
    if commands:
        console.print(Text("\n" + _("Next:")))
        for command in commands:
            console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)


def _comparison(report: Mapping[str, Any]) -> Table:
    """One row a candidate on the test split, cheapest first; the chosen one is marked by an arrow."""
    primary = report["primary_metric"]
    metrics = [primary, *filter(None, [second(report)])]
    # No lines and one space between columns: in English the whole table fits into 80 columns.
    made = Table(
        box=None, padding=(0, 1, 0, 0), pad_edge=False, title=_title(report), title_justify="left",
        header_style="dim",
    )  # fmt: skip
    made.add_column("", no_wrap=True)
    made.add_column(_("On the test rows"), overflow="fold")
    for metric in metrics:
        made.add_column(f"{metric_name(metric)} (95 %)", no_wrap=True)
    made.add_column(_("Time"), justify="right", no_wrap=True)
    made.add_column(_("Size"), justify="right", no_wrap=True)
    for row in rank(report):
        cells = [_interval(row["metrics"].get(metric)) for metric in metrics]
        made.add_row(
            Text("→" if row["chosen"] else " "),
            Text(row["name"]),
            *(Text(cell) for cell in cells),
            duration(row["seconds"]),
            size(row["size_bytes"]),
            style="bold" if row["chosen"] else "",
        )
    return made


def _title(report: Mapping[str, Any]) -> Text:
    rows = report["rows"]
    told = _("{name}: {train} rows to train, {dev} to choose, {test} to test").format(
        name=report["name"], train=number(rows["train"]), dev=number(rows["dev"]), test=number(rows["test"])
    )
    return Text(told, style="not italic")


def _interval(value: Mapping[str, float] | None) -> str:
    if value is None:
        return ""
    return f"{number(value['value'], 3)} {number(value['low'], 2)}–{number(value['high'], 2)}"


def show_combination(report: Mapping[str, Any]) -> None:
    """What ``afina combine`` tried, and what the development rows chose."""
    found = report["combination"]
    others = [_("test"), *(Path(path).name for path in found["also"])]
    metric = metric_name(report["primary_metric"])
    rows = []
    for entry in found["tried"]:
        setting = next(value for name, value in entry.items() if name not in ("dev", "test", "also"))
        told = " + ".join(map(str, setting)) if isinstance(setting, list) else number(setting, 2)
        measured = [_interval(one) for one in (entry["test"], *entry["also"])]
        mark = "→" if entry == found["chosen"] else " "
        rows.append((mark, told, number(entry["dev"], 3), *measured))
    click.echo()
    click.echo(_("{metric}; the development rows choose:").format(metric=metric))
    table(("", "", _("development"), *others), rows, right=(1, 2))


def show_sweep(report: Mapping[str, Any], folder: Path) -> None:
    """The end of ``afina sweep``: every recipe, the best first, and what the best one is worth."""
    ended = {"given_up": _("given up"), "failed": _("failed")}
    upwards = direction(report["primary_metric"])
    tried = sorted(
        report["trials"], key=lambda each: -math.inf if each["score"] is None else upwards * each["score"],
        reverse=True,
    )  # fmt: skip
    paths = [dimension["path"] for dimension in report["over"]]
    rows = []
    for each in tried:
        measured = _interval(each["dev"]) if each["dev"] else ended[each["state"]]
        told = [shown(each["settings"][path]) for path in paths]
        mark = "→" if each["number"] == report["best"] else "*" if not each["number"] else " "
        rows.append((mark, *told, measured, duration(each["seconds"]) if each["dev"] else ""))
    click.echo()
    metric = metric_name(report["primary_metric"])
    click.echo(_("{metric} on the development rows (* the given recipe):").format(metric=metric))
    table(("", *paths, f"{metric} (95 %)", _("Time")), rows, right=range(1, len(paths) + 1))
    click.echo()
    click.secho(report["headline"], bold=True)
    click.echo(report["reason"])
    click.echo()
    click.echo(f"{_('Report')}: {folder / 'sweep.html'}")
    click.echo(f"{_('Model')}: {Path(report['run']) / 'model'}")
    click.echo("\n" + _("Next:"))
    for command in report["next"]:
        click.secho(f"  {command}", fg="cyan")


def show_rate(found: Mapping[str, Any], source: str) -> None:
    """``afina find-rate``: the loss by learning rate as bars, and the rate that is suggested."""
    rates, losses = found["rates"], found["losses"]
    low, high = min(losses), min(max(losses), 2 * losses[0])
    bars = [_BARS[round((len(_BARS) - 1) * min(1.0, (loss - low) / (high - low or 1)))] for loss in losses]
    place = min(range(len(rates)), key=lambda step: abs(math.log(rates[step] / found["suggested"])))
    click.echo()
    click.echo(_("The smoothed loss, while the learning rate rises:"))
    click.echo("".join(bars))
    click.echo(" " * place + "↑")
    click.echo(f"{rates[0]:.1e}".ljust(len(bars) - 7) + f"{rates[-1]:.1e}")
    click.echo()
    told = _(
        "Suggested: {suggested}, where the loss has fallen half of its way. The recipe would use {usual}."
    )
    click.secho(told.format(suggested=f"{found['suggested']:g}", usual=f"{found['usual']:g}"), bold=True)
    click.echo("\n" + _("Next:"))
    click.secho(
        f"  afina train {shlex.quote(source)} --set train.learning_rate={found['suggested']:g}", fg="cyan"
    )


def show_metrics(measured: Mapping[str, Any]) -> None:
    """``afina evaluate``: every metric with its interval."""
    table(
        (_("Metric"), _("Value"), _("95 % interval")),
        [
            (
                metric_name(kind),
                number(value["value"], 3),
                f"{number(value['low'], 3)}–{number(value['high'], 3)}",
            )
            for kind, value in measured["metrics"].items()
        ],
        right=(1, 2),
    )


def show_found(found: Sequence[Mapping[str, Any]]) -> None:
    """``afina search``: scores and documents, the best first."""
    if not found:
        click.echo(_("Nothing was found."))
    table(
        (),
        [(number(one["score"], 3), shorten(one["text"], _SHOWN, placeholder=" …")) for one in found],
        right=(0,),
    )


def show_answers(texts: Sequence[Any], answers: Sequence[Mapping[str, Any]]) -> None:
    """Texts with what the model says of each: a line each, or a paragraph where a line is too short."""
    for key, cells in _LINES.items():
        if key in answers[0]:
            rows = [cells(answer) for answer in answers]
            table(
                (), [(*row, _one(text)) for row, text in zip(rows, texts, strict=True)], right=_NUMERIC[key]
            )
            return
    for text, answer in zip(texts, answers, strict=True):
        click.secho(_one(text), dim=True)
        if "spans" in answer:
            found = [(number(s["probability"], 3), s["label"], s["text"]) for s in answer["spans"]]
            table((), found, right=(0,))
        elif "vector" in answer:
            begin = " ".join(number(value, 3) for value in answer["vector"][:_NUMBERS])
            told = _("{begin} … ({count} numbers)").format(begin=begin, count=len(answer["vector"]))
            click.echo(told + "\n")
        else:
            click.echo(answer["answer"] + "\n")


#: What stands in a line before its text, by what the answers hold.
_LINES: dict[str, Callable[[Mapping[str, Any]], tuple[str, ...]]] = {
    "label": lambda answer: (answer["label"] or _("no label"), number(answer["probability"], 3)),
    "word": lambda answer: (answer["word"], number(answer["probability"], 3)),
    "value": lambda answer: (number(answer["value"], 3),),
    "score": lambda answer: (number(answer["score"], 3),),
}
#: Which of that are numbers.
_NUMERIC = {"label": (1,), "word": (1,), "value": (0,), "score": (0,)}


def _one(text: str | Sequence[str]) -> str:
    """A text, or a pair of texts, on one line."""
    return text if isinstance(text, str) else " | ".join(text)
