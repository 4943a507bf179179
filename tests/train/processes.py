"""Trains a tiny network in as many processes as it is started in, in several ways, and writes what came out.

Started by test_runtime.py through torchrun; for the same in one process the test calls :func:`trained`.
Each process writes ``<case>-<rank>.json`` and ``<case>-<rank>.safetensors``.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration

from afina.adapt import METHODS
from afina.data.conversation import Conversation, Message
from afina.data.example import Example, LabelledText, Where
from afina.data.row import Row, Tools
from afina.errors import AfinaError
from afina.evaluate.metrics import METRICS
from afina.models.load import Model, load
from afina.models.network import Network, PooledNetwork
from afina.models.seq2seq_model import Seq2SeqModel
from afina.objectives import OBJECTIVES
from afina.train.checkpoint import Checkpoints
from afina.train.fit import Feed, Job, Plan, Train, fit, scores
from afina.train.log import Event
from afina.train.runtime import Runtime
from afina.train.stop import Stop
from conftest import sentences
from seq2seq import T5

LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Case:
    """What is trained, and what happens to it."""

    adapt: str = "full"
    objective: str = "cross_entropy"
    clip: float = 1000.0
    """So large that it leaves every gradient alone, or small enough to change all."""
    sharded: bool = False
    resume: bool = False
    stopped_by: int | None = None
    """The rank that asks to stop after step 3."""
    broken: int | None = None
    """The training row that weighs infinitely."""
    folder: str = ""
    """The case whose checkpoints this one uses, if not its own."""


#: In this order, as some continue what others have left. 29 rows in steps of 7: the last step of an epoch has
#: one row, and one of two processes none.
CASES = {
    "full": Case(),
    "gradual": Case("gradual", clip=0.1),
    "contrastive": Case(objective="contrastive"),
    "stopped": Case(stopped_by=1),
    "resumed": Case(resume=True, folder="stopped"),
    "resumed from one": Case(resume=True),
    "stopped for one": Case("lora", stopped_by=1),
    "broken": Case(broken=20),
    "sharded": Case(sharded=True),
    "sharded encoder-decoder": Case(objective="seq2seq", sharded=True),
    "sharded gradual": Case("gradual", clip=0.1, sharded=True),
    "sharded and stopped": Case("lora", sharded=True, stopped_by=0),
    "sharded and resumed from one": Case(sharded=True, resume=True),
}


def make(model: Path, case: Case) -> Job:
    loaded = load(Model(name=str(model)))
    tools = Tools(loaded.tokenizer, LABELS, 32)
    torch.manual_seed(0)
    network: Network = PooledNetwork(loaded.trunk, "mean", loaded.width, 3, 0.0)
    if case.objective == "seq2seq":
        loaded.tokenizer.eos_token = "[SEP]"
        config = T5Config(**T5 | {"vocab_size": len(loaded.tokenizer)})
        network = Seq2SeqModel(T5ForConditionalGeneration(config))
        tools = replace(tools, start=0)
    method = METHODS.make(case.adapt)
    adapted = method.apply(network)
    objective = OBJECTIVES.make(case.objective)
    kind = case.objective if case.objective == "seq2seq" else "cross_entropy"
    train, dev = feed(tools, 29, 1, kind), feed(tools, 31, 2, kind)
    if case.broken is not None:
        row = train.rows[case.broken]
        train.rows[case.broken] = Row(row.ids, row.target, float("inf"))  # type: ignore[index]
    truth = np.array([row.target for row in dev.rows])

    def measure(answered: np.ndarray) -> float:
        return float(METRICS["macro_f1"]()(truth, answered))

    settings = {"batch": 7, "epochs": 2, "learning_rate": 2e-3, "micro_tokens": 30, "clip": case.clip}
    chosen = Train.of(settings)
    plan = Plan.of(chosen, objective, method, train, 0)
    choice = None if objective.reads_vectors or kind == "seq2seq" else measure
    return Job(adapted, objective, tools, train, dev, choice, chosen, plan, 0, Runtime())


def feed(tools: Tools, count: int, seed: int, kind: str) -> Feed:
    """Rows of different weights."""
    objective = OBJECTIVES.make(kind)
    rows = []
    for number, (text, label) in enumerate(sentences(count, seed)):
        where, weight = Where("t", number), (0.5, 1.0, 2.0)[number % 3]
        example: Example = LabelledText(where=where, text=text, target={label: 1.0}, weight=weight)
        if kind == "seq2seq":
            messages = (Message("user", text), Message("assistant", " ".join(reversed(text.split()))))
            example = Conversation(where=where, messages=messages, weight=weight)
        rows.append(objective.encode(example, tools))
    return Feed(rows, [f"t.csv:{number + 2}" for number in range(count)])


def trained(model: Path, case: Case, folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """What the training told and came to, and the weights that it left."""
    os.environ.update(ACCELERATE_USE_FSDP=str(case.sharded).lower(), FSDP_VERSION="2")
    job = make(model, case)
    stop, losses = Stop(), []

    def listen(event: Event) -> None:
        if event.kind == "progress":
            losses.append(event.data["loss"])
            if job.runtime.rank == case.stopped_by and event.data["step"] == 3:
                stop.request()

    told: dict[str, Any] = {"losses": losses}
    try:
        checkpoints = Checkpoints(folder, "id", print)
        fitted = fit(job, checkpoints, resume=case.resume, listen=listen, stop=stop)
        told["history"] = fitted.progress.history
        told["best_step"] = fitted.progress.best_step
        told["dev_scores"] = scores(job, job.dev)[0].tolist()
    except AfinaError as error:
        told["error"] = str(error)
    weights = {name: value.clone() for name, value in job.adapted.network.state_dict().items()}
    return told, weights


def main(model: str, home: str) -> None:
    for name, case in CASES.items():
        told, weights = trained(Path(model), case, Path(home) / (case.folder or name))
        out = Path(home) / f"{name}-{os.environ['RANK']}"
        out.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")
        save_file(weights, out.with_suffix(".safetensors"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
    os._exit(0)  # gloo's threads abort a process now and then while Python ends
