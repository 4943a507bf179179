"""The speed of Afina beside other tools: same data, same model, same epochs, same batch.

Every training runs in a process of its own, and the sides take turns (A B A B …), so that what else the
machine does falls on all alike. What is timed is the training itself: from encoded rows in memory to the last
optimizer step, without imports, reading, evaluation and saving; prediction is timed from texts to
probabilities, tokenizing included. Beside each time stands the macro-F1 on test rows that no training saw.

    python bench/speed.py [--only full head] [--rows 400] [--repeats 3] [--out speed.json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

import material
from afina.cli import SPIN_COUNT
from afina.models.probe import probe


@dataclass(frozen=True)
class Work:
    """Something that each side does, and the share of the other's time that Afina is to take at most."""

    title: str
    epochs: int
    peers: dict[str, float]
    turns: int = 3


WORKS = {
    "full": Work("full fine-tuning, 3 epochs", 3, {"trainer": 0.40, "trainer_by_length": 0.75}),
    "top": Work("top 2 of 6 blocks, 10 epochs", 10, {"trainer": 0.35}),
    "head": Work("head on frozen trunk, 10 epochs", 10, {"trainer": 0.08}),
    "lora": Work("LoRA, all linear layers, 3 epochs", 3, {"trainer": 0.50}),
    "few": Work("few-shot, 8 per class", 1, {"setfit": 0.70}, turns=10),
    "predict": Work("predicting", 1, {"pipeline": 0.45}),
}
NAMES = {
    ("trainer", "full"): "HF Trainer, defaults",
    ("trainer_by_length", "full"): "HF Trainer, group_by_length",
    ("trainer", "top"): "HF Trainer, same blocks frozen",
    ("trainer", "head"): "HF Trainer, trunk frozen",
    ("trainer", "lora"): "HF Trainer + peft",
    ("setfit", "few"): "SetFit, defaults",
    ("pipeline", "predict"): "transformers pipeline, its best batch size",
}


@dataclass(frozen=True)
class Line:
    """One comparison."""

    work: str
    against: str
    seconds: tuple[float, ...]
    their_seconds: tuple[float, ...]
    target: float
    macro_f1: float | None
    their_macro_f1: float | None
    peak_bytes: float
    their_peak_bytes: float

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return statistics.median(self.seconds) / statistics.median(self.their_seconds)

    @property
    def ratios(self) -> list[float]:
        """Of each turn."""
        return [own / their for own, their in zip(self.seconds, self.their_seconds, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--data", choices=material.DATA, default="products")
    parser.add_argument("--rows", type=int, help="training rows; all when left out")
    parser.add_argument("--texts", type=int, default=20_000, help="texts to predict")
    parser.add_argument("--batch", type=int, default=16, help="rows of an optimizer step, on both sides")
    parser.add_argument(
        "--repeats", type=int, help="turns of each work; by default 3, and 10 draws of few-shot"
    )
    parser.add_argument("--out", type=Path, help="every measurement as JSON")
    parser.add_argument("--cell", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        print(json.dumps(cell(options)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        material.write(options.data, Path(scratch), options.rows)
        trained, _labels = material.read(Path(scratch) / "split" / "train.jsonl")
        cells = list(measure(options, Path(scratch)))
    compared = lines(options.only, cells)
    print("\n".join(["", table(compared, options, len(trained)), "", gemm_told(cells), few_told(cells)]))
    if options.out:
        told = {
            "machine": probe().plain(), "data": options.data, "rows": len(trained), "batch": options.batch,
            "texts": options.texts, "cells": cells,
            "lines": [{**asdict(line), "ratio": line.ratio} for line in compared],
        }  # fmt: skip
        options.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def cell(options: argparse.Namespace) -> dict[str, Any]:
    """One measurement, in the process that was started for it."""
    from speed_cells import Cell, run

    work, by = options.cell
    return run(Cell(work, by, options.folder, WORKS[work].epochs, options.batch, options.seed, options.texts))


def measure(options: argparse.Namespace, folder: Path) -> Iterable[dict[str, Any]]:
    """Every cell in turn, each in a new process; its repeat is also the seed of its training."""
    for work in options.only:
        for repeat in range(options.repeats or WORKS[work].turns):
            for by in ("afina", *WORKS[work].peers):
                command = [
                    sys.executable, __file__, "--cell", work, by, "--folder", str(folder),
                    "--seed", str(repeat), "--batch", str(options.batch), "--texts", str(options.texts),
                ]  # fmt: skip
                # As the command line does; the others run as they come.
                waiting = {"GOMP_SPINCOUNT": SPIN_COUNT} if by == "afina" else {}
                environment = os.environ | waiting
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
                told = json.loads(done.stdout.splitlines()[-1])
                found = {"work": work, "by": by, "repeat": repeat, **told}
                score = f"   macro-F1 {found['macro_f1']:.3f}" if "macro_f1" in found else ""
                print(f"{work:<8} {by:<18} {found['seconds']:8.1f} s{score}", file=sys.stderr, flush=True)
                yield found


def lines(works: Sequence[str], cells: Sequence[dict[str, Any]]) -> list[Line]:
    """The comparisons that the cells make up."""

    def of(work: str, by: str, key: str) -> tuple[float, ...]:
        return tuple(c[key] for c in cells if (c["work"], c["by"]) == (work, by) and key in c)

    def mean(values: tuple[float, ...]) -> float | None:
        return statistics.mean(values) if values else None

    return [
        Line(
            work, NAMES[by, work], of(work, "afina", "seconds"), of(work, by, "seconds"), target,
            mean(of(work, "afina", "macro_f1")), mean(of(work, by, "macro_f1")),
            max(of(work, "afina", "peak_bytes")), max(of(work, by, "peak_bytes")),
        )
        for work in works
        for by, target in WORKS[work].peers.items()
    ]  # fmt: skip


def table(compared: Sequence[Line], options: argparse.Namespace, rows: int) -> str:
    """The comparisons in markdown, with what was held equal."""
    head = (
        "| work | against | Afina, s | theirs, s | ratio | to reach | macro-F1 | theirs | MB | theirs |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    )
    body = [
        f"| {WORKS[n.work].title} | {n.against} | {_spread(n.seconds)} | {_spread(n.their_seconds)} |"
        f" {n.ratio:.2f} [{min(n.ratios):.2f}, {max(n.ratios):.2f}] | {n.target:.2f} |"
        f" {_score(n.macro_f1)} | {_score(n.their_macro_f1)} |"
        f" {n.peak_bytes / 1e6:.0f} | {n.their_peak_bytes / 1e6:.0f} |"
        for n in compared
    ]
    machine = probe()
    turns = options.repeats or "3 (few-shot: 10)"
    about = (
        f"minilm on {options.data}, {rows:,} training rows, batches of {options.batch} on both sides,"
        f" {options.texts:,} texts predicted; {turns} turns of every side, in turn, each in a process of its"
        f" own; {machine.threads} threads on {machine.device}. Seconds are the median [least, most] of the"
        " training itself; the ratio is that of the medians [least, most of a turn]; macro-F1 is the mean"
        " over the turns on the same unseen rows; MB is the most memory that a process held."
    )
    return "\n".join([about, "", *head, *body])


def gemm_told(cells: Sequence[dict[str, Any]]) -> str:
    """What share of the machine's rate for products of these sizes full fine-tuning reaches; may be empty."""
    full = [c for c in cells if "gemm_flops_per_second" in c]
    if not full:
        return ""
    shares = [c["flops"] / c["seconds"] / c["gemm_flops_per_second"] for c in full]
    rates = [c["gemm_flops_per_second"] / 1e9 for c in full]
    return (
        f"Matrix products of the model's own sizes ({full[0]['micro_batch_tokens']} tokens) run at"
        f" {_spread(rates)} GFLOP/s here; full fine-tuning, counting real tokens only, reaches"
        f" {100 * statistics.median(shares):.0f} %"
        f" [{100 * min(shares):.0f}, {100 * max(shares):.0f}] of that;"
        f" {100 * full[0]['padding']:.1f} % of the positions hold padding."
    )


def few_told(cells: Sequence[dict[str, Any]]) -> str:
    """Accuracy of few-shot learning on the same draws; may be empty."""
    sides = {
        by: [c["accuracy"] for c in cells if c["work"] == "few" and c["by"] == by]
        for by in ("afina", "setfit")
    }
    if len(sides["afina"]) < 2:
        return ""
    differences = np.array(sides["afina"]) - np.array(sides["setfit"])
    margin = t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / len(differences) ** 0.5
    mean = differences.mean()
    return (
        f"Few-shot, accuracy over {len(differences)} draws: Afina {np.mean(sides['afina']):.3f}, SetFit"
        f" {np.mean(sides['setfit']):.3f}, difference {mean:+.3f}"
        f" [{mean - margin:+.3f}, {mean + margin:+.3f}]."
    )


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} [{min(values):.1f}, {max(values):.1f}]"


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
