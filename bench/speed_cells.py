"""One training or prediction by one tool, timed. Each runs in a process of its own."""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score

import afina
import gemm
import material
from afina.adapt import METHODS
from afina.data.load import Data
from afina.models.load import Model
from afina.models.source import resolve
from afina.recipe.load import Override, recipe_from
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.ship import artifact
from afina.train.checkpoint import Checkpoints
from afina.train.fit import Train, epoch_groups, fit
from afina.train.log import Event
from training import states, train

__all__ = ["ADAPT", "Cell", "run"]

#: The way of adapting that each piece of work stands for.
ADAPT: dict[str, dict[str, Any]] = {
    "full": {"kind": "full"},
    "top": {"kind": "top_blocks", "blocks": 2},
    "head": {"kind": "features", "head": "trained"},
    "lora": {"kind": "lora"},
}
_LORA_RANK = 8
_PIPELINE_BATCHES = (1, 8, 16, 32, 64, 128)
_MAX_LENGTH = 256
_PER_CLASS = 8
FEW_SHOT = Path(__file__).parent.parent / "recipes" / "few-shot.yaml"


@dataclass(frozen=True)
class Cell:
    """What is to be run."""

    work: str
    by: str
    folder: Path
    epochs: int
    batch: int
    seed: int
    texts: int


def run(cell: Cell) -> dict[str, Any]:
    """Seconds, the test metric, and what else the side has to tell."""
    if cell.work == "few":
        return _few_afina(cell) if cell.by == "afina" else _few_setfit(cell)
    if cell.work == "predict":
        return _predict_afina(cell) if cell.by == "afina" else _predict_pipeline(cell)
    return _train_afina(cell) if cell.by == "afina" else _train_trainer(cell)


def _recipe(cell: Cell, adapt: dict[str, Any]) -> Recipe:
    return Recipe(
        seed=cell.seed,
        data=Data(path=str(cell.folder / "split")),
        model=Model(name="minilm", max_length=_MAX_LENGTH),
        adapt=METHODS.make(adapt),
        # One evaluation, after the last step: the Trainer makes none.
        train=Train(epochs=cell.epochs, batch=cell.batch, evaluate_every=10**9),
    )


def _prepared(cell: Cell, adapt: dict[str, Any]) -> Prepared:
    """With everything read and encoded, and nothing computed by the network."""
    prepared = Prepared(_recipe(cell, adapt))
    _ = prepared.rows, prepared.runtime, prepared.objective
    return prepared


def _train_afina(cell: Cell) -> dict[str, Any]:
    prepared = _prepared(cell, ADAPT[cell.work])
    stepped = [0.0]

    def listen(event: Event) -> None:
        if event.kind == "progress":
            stepped[0] = time.perf_counter()

    with tempfile.TemporaryDirectory() as scratch:
        prepared.cache = states(Path(scratch) / "states")
        began = time.perf_counter()
        # Computing the features of a frozen trunk is part of making and running the job.
        job = next(prepared.trainings()).job
        fit(job, Checkpoints(Path(scratch), "", lambda text: None), resume=False, listen=listen)
    told = {"seconds": stepped[0] - began, "peak_bytes": _peak_bytes(), "padding": job.plan.padding}
    if cell.work == "full":
        lengths = job.train.lengths
        groups = epoch_groups(job.settings, job.objective, job.train, cell.seed, 0)
        positions = statistics.median(len(group) * max(lengths[row] for row in group) for group in groups)
        told |= {
            "flops": cell.epochs * gemm.training_flops(job.adapted.network, lengths),
            "micro_batch_tokens": int(positions),
            "gemm_flops_per_second": gemm.rate(int(positions)),
        }
    texts, truth = material.read(cell.folder / "test.jsonl")
    answers = prepared.shipped(job.adapted).probabilities(texts)
    return {**told, **_scores(truth, answers, prepared.tools.labels)}


def _few_afina(cell: Cell) -> dict[str, Any]:
    """The ready recipe on eight rows of each label."""
    data = material.draw(cell.folder, _PER_CLASS, cell.seed)
    given: dict[str, Any] = {
        "data.path": str(data), "model.name": "minilm", "model.max_length": _MAX_LENGTH, "seed": cell.seed,
    }  # fmt: skip
    recipe = recipe_from(FEW_SHOT, [Override(path, value) for path, value in given.items()])
    prepared = Prepared(recipe)
    _ = prepared.rows, prepared.runtime, prepared.objective
    with tempfile.TemporaryDirectory() as scratch:
        prepared.cache = states(Path(scratch))
        began = time.perf_counter()
        adapted, _best = train(prepared)
        told = {"seconds": time.perf_counter() - began, "peak_bytes": _peak_bytes()}
    texts, truth = material.read(cell.folder / "test.jsonl")
    answers = prepared.shipped(adapted).probabilities(texts)
    return {**told, **_scores(truth, answers, prepared.tools.labels)}


def _few_setfit(cell: Cell) -> dict[str, Any]:
    """SetFit with its defaults: one epoch over its pairs, batches of 16, then a logistic regression."""
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from setfit import SetFitModel, Trainer, TrainingArguments
    from sklearn.linear_model import LogisticRegression

    texts, labels = material.read(material.draw(cell.folder, _PER_CLASS, cell.seed) / "train.jsonl")
    trunk = Transformer(str(resolve("minilm").folder), max_seq_length=_MAX_LENGTH)
    body = SentenceTransformer(modules=[trunk, Pooling(trunk.get_embedding_dimension())], device="cpu")
    model = SetFitModel(model_body=body, model_head=LogisticRegression())
    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            output_dir=out, seed=cell.seed, report_to="none", save_strategy="no", show_progress_bar=False
        )
        peer = Trainer(
            model=model, args=arguments, train_dataset=Dataset.from_dict({"text": texts, "label": labels})
        )
        began = time.perf_counter()
        peer.train()
        told = {"seconds": time.perf_counter() - began, "peak_bytes": _peak_bytes()}
    texts, truth = material.read(cell.folder / "test.jsonl")
    return {**told, **_scores(truth, np.array(model.predict_proba(texts).tolist()), material.LABELS)}


def _train_trainer(cell: Cell) -> dict[str, Any]:
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments, set_seed

    set_seed(cell.seed)
    model, tokenizer = _sequence_classifier()
    _freeze(model, cell.work)
    # The defaults of the Trainer where all weights learn; elsewhere it gets Afina's rate for the method:
    # 5e-5 would leave a head on a frozen trunk untrained.
    rate = {} if cell.work == "full" else {"learning_rate": METHODS.make(ADAPT[cell.work]).learning_rate}
    if cell.work == "lora":
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(
            task_type="SEQ_CLS", r=_LORA_RANK, lora_alpha=2 * _LORA_RANK, target_modules="all-linear"
        )
        model = get_peft_model(model, config)
    sampling = {"train_sampling_strategy": "group_by_length"} if cell.by == "trainer_by_length" else {}
    texts, labels = material.read(cell.folder / "split" / "train.jsonl")
    rows = [
        {**tokenizer(text, truncation=True, max_length=_MAX_LENGTH), "labels": label}
        for text, label in zip(texts, labels, strict=True)
    ]
    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            out, seed=cell.seed, report_to="none", save_strategy="no", disable_tqdm=True,
            num_train_epochs=cell.epochs, per_device_train_batch_size=cell.batch, **rate, **sampling,
        )  # fmt: skip
        peer = Trainer(
            model, arguments, train_dataset=rows, data_collator=DataCollatorWithPadding(tokenizer),
            processing_class=tokenizer,
        )  # fmt: skip
        seconds = peer.train().metrics["train_runtime"]
        told = {"seconds": seconds, "peak_bytes": _peak_bytes()}
        texts, truth = material.read(cell.folder / "test.jsonl")
        unseen = [dict(tokenizer(text, truncation=True, max_length=_MAX_LENGTH)) for text in texts]
        return {**told, **_scores(truth, peer.predict(unseen).predictions, material.LABELS)}


def _freeze(model: Any, work: str) -> None:
    """Freezes what Afina freezes for the same work."""
    trunk = model.base_model
    if work == "head":
        trunk.requires_grad_(False)
    if work == "top":
        trunk.embeddings.requires_grad_(False)
        trunk.encoder.layer[:-2].requires_grad_(False)


def _sequence_classifier() -> tuple[Any, Any]:
    """The same pretrained weights under the architecture's own classification head."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

    logging.set_verbosity_error()
    folder = resolve("minilm").folder
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=len(material.LABELS), dtype=torch.float32
    )
    return model, AutoTokenizer.from_pretrained(folder)


def _predict_afina(cell: Cell) -> dict[str, Any]:
    prepared = _prepared(cell, ADAPT["full"])
    with tempfile.TemporaryDirectory() as scratch:
        artifact.write(prepared.shipped(next(prepared.trainings()).job.adapted), Path(scratch) / "model")
        predictor = afina.load(Path(scratch) / "model")
    texts = material.all_texts(cell.texts)
    predictor.predict(texts[:64])
    began = time.perf_counter()
    answered = sum(1 for _answer in predictor.stream(texts))
    assert answered == len(texts)
    return {"seconds": time.perf_counter() - began, "peak_bytes": _peak_bytes()}


def _predict_pipeline(cell: Cell) -> dict[str, Any]:
    from transformers import pipeline

    model, tokenizer = _sequence_classifier()
    tokenizer.model_max_length = _MAX_LENGTH
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    texts = material.all_texts(cell.texts)

    def seconds(some: list[str], batch: int) -> float:
        began = time.perf_counter()
        answered = classify(some, batch_size=batch, truncation=True)
        assert len(answered) == len(some)
        return time.perf_counter() - began

    seconds(texts[:64], 8)
    trial = texts[: max(256, len(texts) // 20)]
    best = min(_PIPELINE_BATCHES, key=lambda batch: min(seconds(trial, batch) for _again in range(2)))
    return {"seconds": seconds(texts, best), "peak_bytes": _peak_bytes(), "pipeline_batch": best}


def _scores(truth: list[int], answers: np.ndarray, labels: tuple[str, ...]) -> dict[str, Any]:
    assert labels == material.LABELS
    guessed = answers.argmax(1)
    return {
        "macro_f1": float(f1_score(truth, guessed, average="macro")),
        "accuracy": float(np.mean(guessed == np.array(truth))),
    }


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
