"""Fine-tuning quality beside the Hugging Face Trainer, on the same rows of the product reviews.

Both start from the same weights (minilm) and see the same split: 70/10/20, stratified, no review on two
sides.
Afina runs with its own defaults; the Trainer with its defaults (AdamW at 5e-5, batches of 8, three epochs, no
evaluation while training), on ``AutoModelForSequenceClassification``. One split, several training seeds. The
intervals are the paired bootstrap over the test rows; the spread over seeds stands beside them.

    python bench/quality.py [--seeds 0 1 2] [--out results.json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    logging,
    set_seed,
)

from afina.data.load import Data, Dataset
from afina.demo import demo_recipe, product_reviews
from afina.evaluate.compare import Candidate, compare
from afina.evaluate.metrics import metrics_of
from afina.models.source import resolve
from afina.recipe.prepare import Prepared
from afina.run import run
from afina.ship import artifact

METRICS = ("macro_f1", "accuracy")


def trainer(dataset: Dataset, truth: dict[str, np.ndarray], prepared: Prepared, seed: int) -> dict[str, Any]:
    """Probabilities on dev and test by the Trainer with its default settings."""
    set_seed(seed)
    folder = resolve("minilm").folder
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=len(dataset.labels), dtype=torch.float32
    )
    tokenizer = prepared.loaded.tokenizer
    rows = {
        name: [
            {
                **tokenizer(example.text, truncation=True, max_length=prepared.loaded.max_length),
                "labels": label,
            }
            for example, label in zip(split, truth[name].argmax(1).tolist(), strict=True)
        ]
        for name, split in dataset.splits.items()
    }
    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(out, seed=seed, report_to="none", save_strategy="no", disable_tqdm=True)
        peer = Trainer(
            model, arguments, train_dataset=rows["train"], data_collator=DataCollatorWithPadding(tokenizer)
        )
        began = time.perf_counter()
        peer.train()
        seconds = time.perf_counter() - began
        answers = {name: softmax(peer.predict(rows[name]).predictions, axis=1) for name in ("dev", "test")}
    return {**answers, "seconds": seconds}


def written(dataset: Dataset, folder: Path) -> Data:
    """The split as files, so that the seed of a run no longer draws it."""
    folder.mkdir()
    for name, split in dataset.splits.items():
        lines = [json.dumps({"text": example.text, "label": example.label}) for example in split]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Data(path=str(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    logging.set_verbosity_error()
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        table = product_reviews(Path(scratch))
        recipe = demo_recipe(table)
        prepared = Prepared(recipe)
        dataset, truth = prepared.dataset, prepared.truth
        texts = {name: [example.text for example in split] for name, split in dataset.splits.items()}
        fixed = written(dataset, Path(scratch) / "split")
        for seed in options.seeds:
            # The seed of the split stays; the seed of the head, the order and the dropout changes.
            own = recipe.model_copy(update={"seed": seed, "data": fixed})
            began = time.perf_counter()
            result = run(own, out=Path(scratch) / f"run-{seed}")
            elapsed = time.perf_counter() - began
            predictor = artifact.load(result.run)
            peer = trainer(dataset, truth, prepared, seed)
            candidates = [
                Candidate("HF Trainer", peer["dev"], peer["test"], peer["seconds"], 0),
                Candidate(
                    "Afina", predictor.probabilities(texts["dev"]), predictor.probabilities(texts["test"]),
                    result.report["trained"]["seconds"], 0,
                ),
            ]  # fmt: skip
            compared = compare(
                candidates, truth["dev"], truth["test"], primary="macro_f1",
                metrics=metrics_of(METRICS, multi_label=False), seed=0,
            )  # fmt: skip
            pair = next(p for p in compared.pairs if p.split == "test" and p.metric == "macro_f1")
            against = {
                p["b"]: {key: p[key] for key in ("difference", "low", "high", "p")}
                for p in result.report["comparisons"]
                if p["a"] == "full" and p["split"] == "test" and p["metric"] == "macro_f1"
            }
            entry = {
                "seed": seed,
                "afina": {**result.report["test"], "train_seconds": result.report["trained"]["seconds"]},
                "run_seconds": elapsed,
                "hf_trainer": compared.rows[0].plain(),
                "difference": pair.plain(),
                "over_cheaper": against,
                "baselines": {k: v["macro_f1"]["value"] for k, v in result.report["baselines"].items()},
            }
            results.append(entry)
            show(entry)
    own_mean = np.mean([entry["afina"]["macro_f1"]["value"] for entry in results])
    peer_mean = np.mean([entry["hf_trainer"]["macro_f1"]["value"] for entry in results])
    print(f"mean macro-F1 over {len(results)} seeds: Afina {own_mean:.4f}, HF Trainer {peer_mean:.4f}")
    if options.out:
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def show(entry: dict[str, Any]) -> None:
    own, peer, pair = entry["afina"]["macro_f1"], entry["hf_trainer"]["macro_f1"], entry["difference"]
    print(
        f"seed {entry['seed']}  Afina {own['value']:.4f} [{own['low']:.4f}, {own['high']:.4f}]"
        f" {entry['afina']['train_seconds']:.0f} s   HF Trainer {peer['value']:.4f}"
        f" [{peer['low']:.4f}, {peer['high']:.4f}] {entry['hf_trainer']['seconds']:.0f} s"
        f"   by {pair['difference']:+.4f} [{pair['low']:+.4f}, {pair['high']:+.4f}] p {pair['p']:.3f}",
        flush=True,
    )
    for name, against in entry["over_cheaper"].items():
        print(
            f"        over {name:<10} {against['difference']:+.4f}"
            f" [{against['low']:+.4f}, {against['high']:+.4f}] p {against['p']:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
