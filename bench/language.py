"""Fine-tuning of a language model beside TRL: same tokens, same batches, same first weights, same losses.

Both sides train gemma-270m on editorials of a newspaper whose last sentences are the completions. Every
training runs in a process of its own, and the sides take turns (A B A B …). What is timed is the training
itself: from encoded rows in memory to the last optimizer step. The losses of all steps stand side by side: if
they differ, the times are of different work.

TRL gets what suits a CPU: float32, no checkpointing, no padding beyond the batch, and Afina's batches, in
which rows have about one length.

    python bench/language.py [--only lora_part] [--rows 64] [--repeats 3] [--out language.json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from afina.adapt import METHODS
from afina.cli import SPIN_COUNT
from afina.data.load import Data
from afina.models.load import Model
from afina.models.probe import probe
from afina.models.source import resolve
from afina.objectives import OBJECTIVES
from afina.recipe.prepare import Prepared, Training
from afina.recipe.recipe import Recipe
from afina.tasks import TASKS
from afina.train.checkpoint import Checkpoints
from afina.train.fit import Job, Train, fit
from afina.train.log import Event

MODEL = "gemma-270m"
MAX_LENGTH = 320
BATCH = 8
RATE = 2e-4


@dataclass(frozen=True)
class Work:
    """Something that both sides do, and the share of TRL's time and memory that Afina is to take at most."""

    title: str
    adapt: str
    learn: str
    target: float


WORKS = {
    "lora_part": Work("LoRA, a tenth of the tokens supervised", "lora", "answers", 0.30),
    "lora_all": Work("LoRA, all tokens supervised", "lora", "all", 0.65),
    "full": Work("full fine-tuning, a tenth supervised", "full", "answers", 0.70),
}
MEMORY = 0.8


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--out", type=Path, help="every measurement as JSON")
    parser.add_argument("--cell", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cell:
        work, by = options.cell
        run = trained_by_afina if by == "afina" else trained_by_trl
        print(json.dumps(run(WORKS[work], options)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        options.folder = Path(scratch)
        write(options.folder, options.rows)
        cells = list(measure(options))
    print("\n".join(["", *told(options, cells)]))
    if options.out:
        values = {"machine": probe().plain(), "model": options.model, "rows": options.rows, "cells": cells}
        options.out.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def write(folder: Path, rows: int) -> None:
    """Editorials as prompts, and their last sentences as completions."""
    path = resolve("vader-reviews").folder / "nytEditorialSnippets_GroundTruth.txt"
    lines = [line.split("\t", 2) for line in path.read_text(encoding="utf-8").splitlines()]
    numbered = [(name.partition("_")[0], text) for name, _rating, text in lines]
    editorials = [[text for _name, text in group] for _number, group in groupby(numbered, lambda row: row[0])]
    pairs = [
        {"prompt": " ".join(sentences[:-1]), "completion": sentences[-1]}
        for sentences in editorials
        if len(sentences) >= 6
    ]
    few = pairs[rows : rows + 16]  # Afina insists on other splits, which nothing is measured on here
    for name, part in (("train", pairs[:rows]), ("dev", few[:8]), ("test", few[8:])):
        text = "".join(json.dumps(pair) + "\n" for pair in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def measure(options: argparse.Namespace) -> Iterable[dict[str, Any]]:
    """Every cell in turn, each in a new process."""
    for work in options.only:
        for repeat in range(options.repeats):
            for by in ("afina", "trl"):
                command = [
                    sys.executable, __file__, "--cell", work, by, "--folder", str(options.folder),
                    "--model", options.model,
                ]  # fmt: skip
                # As the command line does; the other runs as it comes.
                waiting = {"GOMP_SPINCOUNT": SPIN_COUNT} if by == "afina" else {}
                done = subprocess.run(
                    command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | waiting
                )
                found = {
                    "work": work, "by": by, "repeat": repeat, **json.loads(done.stdout.splitlines()[-1]),
                }  # fmt: skip
                print(f"{work:<10} {by:<6} {found['seconds']:8.1f} s", file=sys.stderr, flush=True)
                yield found


def prepared_training(work: Work, options: argparse.Namespace) -> Training:
    """Everything read, encoded and adapted, as both sides start from it."""
    prepared = Prepared(
        Recipe(
            data=Data(path=str(options.folder)),
            model=Model(name=options.model, max_length=MAX_LENGTH),
            task=TASKS.make({"kind": "generate", "general": False}),
            objective=OBJECTIVES.make({"kind": "next_token", "learn": work.learn}),
            adapt=METHODS.make(work.adapt),
            train=Train(
                epochs=1, batch=BATCH, evaluate_every=10**9, learning_rate=RATE, schedule="constant",
                warmup=0.0, weight_decay=0.0,
            ),
        )
    )  # fmt: skip
    _ = prepared.rows, prepared.runtime
    return next(prepared.trainings())


def trained_by_afina(work: Work, options: argparse.Namespace) -> dict[str, Any]:
    job = prepared_training(work, options).job
    losses: list[float] = []
    stepped = [0.0]

    def listen(event: Event) -> None:
        if event.kind == "progress":
            losses.append(event.data["loss"])
            stepped[0] = time.perf_counter()

    with tempfile.TemporaryDirectory() as scratch:
        before = peak_bytes()
        began = time.perf_counter()
        fit(job, Checkpoints(Path(scratch), "", print), resume=False, listen=listen)
    counted = sum(sum(count > 0 for count in row.counts) for row in job.train.rows)
    return {
        "flop": products(job, sum(job.train.lengths), counted), "seconds": stepped[0] - began,
        "losses": losses, "peak_bytes": peak_bytes(), "loaded_bytes": before,
        "tokens": sum(job.train.lengths), "supervised": counted,
    }  # fmt: skip


def products(job: Job, tokens: int, supervised: int) -> float:
    """Floating-point operations of the products with weights: two a weight and token forward, two more back
    through it, two more where it learns. Those of attention and of LoRA's matrices are not counted."""
    network = job.adapted.network
    head = network.head.weight
    inside = [p for p in network.trunk.parameters() if p.ndim == 2 and p is not head and min(p.shape) > 64]
    learnt = {id(p) for p in job.adapted.trainable().values()}
    every = [(p, tokens) for p in inside] + [(head, supervised)]
    return float(sum((6 if id(p) in learnt else 4) * p.numel() * count for p, count in every))


def trained_by_trl(work: Work, options: argparse.Namespace) -> dict[str, Any]:
    from datasets import Dataset
    from torch.utils.data import DataLoader
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    # The rows, the batches and LoRA's first matrices are taken over; the network is loaded anew.
    job = prepared_training(work, options).job
    rows = [
        {
            "input_ids": list(row.ids),
            "labels": [n if count else -100 for n, count in zip(row.ids, row.counts, strict=True)],
        }
        for row in job.train.rows
    ]
    batches = job.objective.order(job.train.rows, job.train.lengths, BATCH, job.seed, 0)
    first = {name: p.detach().clone() for name, p in job.adapted.trainable().items() if "lora_" in name}
    del job
    folder = resolve(options.model).folder
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if work.adapt == "lora":
        model = with_lora(model, first)

    class Taking(SFTTrainer):  # type: ignore[misc]
        """Takes the rows in the given batches."""

        def get_train_dataloader(self) -> DataLoader[Any]:
            made: DataLoader[Any] = DataLoader(
                self.train_dataset, batch_sampler=batches, collate_fn=self.data_collator
            )
            return made

    with tempfile.TemporaryDirectory() as out:
        settings = SFTConfig(
            output_dir=out, use_cpu=True, bf16=False, fp16=False, gradient_checkpointing=False, packing=False,
            num_train_epochs=1, learning_rate=RATE, lr_scheduler_type="constant",
            weight_decay=0.0, logging_steps=1, report_to="none", save_strategy="no", disable_tqdm=True,
            max_length=None, dataset_kwargs={"skip_prepare_dataset": True},
        )  # fmt: skip
        trainer = Taking(
            model=model, args=settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
        )
        before = peak_bytes()
        seconds = trainer.train().metrics["train_runtime"]
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {"seconds": seconds, "losses": losses, "peak_bytes": peak_bytes(), "loaded_bytes": before}


def with_lora(model: Any, first: dict[str, torch.Tensor]) -> Any:
    """The same matrices on the same layers, by peft."""
    from peft import LoraConfig, get_peft_model

    settings = METHODS.make("lora").plain()
    made = get_peft_model(
        model,
        LoraConfig(
            task_type="CAUSAL_LM", r=settings["rank"], lora_alpha=settings["alpha"],
            target_modules=sorted({name.split(".lora_")[0].split(".")[-1] for name in first}),
        ),
    )  # fmt: skip
    found = {name.split("layers.", 1)[1]: p for name, p in made.named_parameters() if "lora_" in name}
    wanted = {name.split("layers.", 1)[1]: tensor for name, tensor in first.items()}
    assert found.keys() == wanted.keys()
    with torch.no_grad():
        for name, tensor in wanted.items():
            found[name].copy_(tensor)
    return made


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def told(options: argparse.Namespace, cells: Sequence[dict[str, Any]]) -> Iterable[str]:
    """The comparison in markdown, and the losses of the first turn."""
    yield (
        f"{options.model}, {options.rows} rows of up to {MAX_LENGTH} tokens, batches of {BATCH},"
        f" {options.repeats} turns of each side; {probe().threads} threads."
    )
    yield ""
    yield (
        "| work | tokens (supervised) | Afina, s | TRL, s | ratio | to reach | of the GEMM rate |"
        " GB | TRL, GB | ratio |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for name in options.only:
        sides = {by: [c for c in cells if (c["work"], c["by"]) == (name, by)] for by in ("afina", "trl")}
        seconds = {by: [c["seconds"] for c in side] for by, side in sides.items()}
        medians = {by: statistics.median(values) for by, values in seconds.items()}
        ratios = [own / their for own, their in zip(seconds["afina"], seconds["trl"], strict=True)]
        peaks = {by: max(c["peak_bytes"] for c in side) / 1e9 for by, side in sides.items()}
        one = sides["afina"][0]
        yield (
            f"| {WORKS[name].title} | {one['tokens']:,} ({one['supervised']:,}) |"
            f" {spread(seconds['afina'])} | {spread(seconds['trl'])} |"
            f" {medians['afina'] / medians['trl']:.2f} [{min(ratios):.2f}, {max(ratios):.2f}] |"
            f" {WORKS[name].target:.2f} | {one['flop'] / medians['afina'] / 1e9 / probe().gemm_gflops:.0%} |"
            f" {peaks['afina']:.2f} | {peaks['trl']:.2f} | {peaks['afina'] / peaks['trl']:.2f} |"
        )
    yield ""
    yield f"Memory is to be at most {MEMORY} of TRL's. Losses by step:"
    for name in options.only:
        for by in ("afina", "trl"):
            losses = next(c["losses"] for c in cells if (c["work"], c["by"]) == (name, by))
            yield f"    {name:<10} {by:<6} " + " ".join(f"{loss:.4f}" for loss in losses)


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} [{min(values):.1f}, {max(values):.1f}]"


if __name__ == "__main__":
    main()
