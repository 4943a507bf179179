"""What is seen while a run runs: on standard error, live on a terminal and in plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.status import Status
from rich.text import Text

from ..evaluate.words import candidate_name, duration, number, severity_name, size, stage_name
from ..language import _
from ..train.log import Event, Listener

__all__ = ["screen"]

#: Seconds between two lines of progress where nothing can be redrawn.
PLAIN_EVERY = 10.0

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@contextmanager
def screen() -> Iterator[Listener]:
    """A listener for :func:`afina.run.run` and its like, for the length of the block."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield Lines()
        return
    live = Live(console)
    try:
        yield live
    finally:
        live.close()


def finding_lines(finding: dict[str, Any]) -> list[str]:
    """A finding of the audit: what it is, where, and what to do."""
    lines = [f"{severity_name(finding['severity'])}: {finding['message']}"]
    rows = finding["rows"]
    if rows:
        shown = ", ".join(rows[:3])
        rest = finding["count"] - len(rows[:3])
        lines.append(shown + (" " + _("and {count} more").format(count=number(rest)) if rest > 0 else ""))
    if finding["fix"]:
        lines.append(finding["fix"])
    return lines


def progress_parts(data: dict[str, Any]) -> list[str]:
    """Loss, dev metric, speed, memory and time left, as words."""
    parts = [_("loss {value}").format(value=number(data["loss"], 3))]
    if data.get("dev_metric") is not None:
        parts.append(_("dev {value}").format(value=number(data["dev_metric"], 3)))
    parts += [
        _("{count} tok/s").format(count=number(data["tokens_per_second"])),
        size(data["memory_bytes"]),
        _("{time} left").format(time=duration(data["seconds_left"])),
    ]
    return parts


def evaluation_line(data: dict[str, Any]) -> str:
    """An evaluation on the dev split."""
    told = _("Step {step}, epoch {epoch}: loss {train_loss}, dev loss {dev_loss}, dev metric {metric}")
    if data["dev_metric"] is None:
        told = _("Step {step}, epoch {epoch}: loss {train_loss}, dev loss {dev_loss}")
    line = told.format(
        step=data["step"],
        epoch=number(data["epoch"], 1),
        train_loss=number(data["train_loss"], 3),
        dev_loss=number(data["dev_loss"], 3),
        metric=number(data["dev_metric"], 3),
    )
    return line + (" " + _("(best)") if data["best"] else "")


class Lines:
    """One line an event, for logs and pipes."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, event: Event) -> None:
        for line in self._lines(event):
            click.echo(line, err=True)

    def _lines(self, event: Event) -> list[str]:
        data = event.data
        if event.kind == "note":
            return [data["text"]]
        if event.kind == "warning":
            return [f"{severity_name('warning')}: {data['text']}"]
        if event.kind == "stage":
            return [f"{stage_name(data['name'])} …"]
        if event.kind == "finding":
            first, *rest = finding_lines(data)
            return [first, *(f"  {line}" for line in rest)]
        if event.kind == "baseline":
            return [f"  {candidate_name(data['name'])}: {duration(data['seconds'])}"]
        if event.kind == "resumed":
            return [_("Continuing at step {step}.").format(step=data["step"])]
        if event.kind == "evaluation":
            return [evaluation_line(data)]
        if event.kind == "progress" and time.monotonic() - self._last >= PLAIN_EVERY:
            self._last = time.monotonic()
            return [", ".join([f"{data['step']}/{data['steps']}", *progress_parts(data)])]
        return []


class Live:
    """The same on a terminal: a spinner for what has no length, a bar for what has."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._progress: Progress | None = None
        self._stage: tuple[str, float] | None = None

    def close(self) -> None:
        self._stop_drawing()
        self._stage = None

    def __call__(self, event: Event) -> None:
        data = event.data
        if event.kind == "note":
            self._print(f"  {data['text']}", "dim")
        elif event.kind == "warning":
            self._print(f"{severity_name('warning')}: {data['text']}", "yellow")
        elif event.kind == "stage":
            self._begin(data["name"])
        elif event.kind == "finding":
            first, *rest = finding_lines(data)
            self._print(first, _COLOURS[data["severity"]])
            for line in rest:
                self._print(f"  {line}", "dim")
        elif event.kind == "baseline":
            self._print(f"  {candidate_name(data['name'])}: {duration(data['seconds'])}", "dim")
        elif event.kind == "resumed":
            self._print(_("Continuing at step {step}.").format(step=data["step"]), "cyan")
        elif event.kind == "evaluation":
            self._print(f"  {evaluation_line(data)}", "" if data["best"] else "dim")
        elif event.kind == "progress":
            self._advance(data)
        elif event.kind == "done":
            self.close()

    def _print(self, text: str, style: str) -> None:
        self._console.print(Text(text, style=style))

    def _stop_drawing(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _begin(self, name: str) -> None:
        self._stop_drawing()
        if self._stage is not None and time.monotonic() - self._stage[1] >= 0.1:
            before, began = self._stage
            self._print(f"{stage_name(before)}: {duration(time.monotonic() - began)}", "dim")
        self._stage = (name, time.monotonic())
        self._status = self._console.status(Text(f"{stage_name(name)} …"), spinner="line")
        self._status.start()

    def _advance(self, data: dict[str, Any]) -> None:
        if self._progress is None:
            self._stop_drawing()
            self._progress = Progress(
                BarColumn(bar_width=10),
                TextColumn("{task.completed}/{task.total}"),
                TextColumn("{task.description}", markup=False),
                console=self._console,
                transient=True,
            )
            self._progress.add_task("", total=data["steps"])
            self._progress.start()
        self._progress.update(
            self._progress.task_ids[0],
            completed=data["step"],
            total=data["steps"],
            description="  ".join(progress_parts(data)),
        )
