"""Runs a tiny training again and again, each time killed without warning and resumed, and says what came out.

Started by test_kill.py in a process of its own, so that the children can be forked with everything imported.
Prints one JSON object: the fingerprint of the undisturbed run, and for each seed where the kills fell and the
fingerprint of what was resumed.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from afina.recipe.recipe import Recipe
from afina.run import run

#: What a clock or the history of the run decides, not the training.
VOLATILE = {
    "seconds",
    "peak_memory_bytes",
    "tokens_per_second",
    "created",
    "name",
    "next",
    "reproduce",
    "machine",
}


def recipe(model: str, table: str) -> Recipe:
    return Recipe.of(
        {
            "data": table,
            "model": model,
            "train": {"epochs": 6, "batch": 16, "learning_rate": 2e-3, "save_every": 3, "patience": 100},
            "evaluate": {"resamples": 100, "baselines": ["majority", "features"], "label_errors": 0},
        }
    )


def without_clock(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_clock(inner) for key, inner in value.items() if key not in VOLATILE}
    return [without_clock(inner) for inner in value] if isinstance(value, list) else value


def fingerprint(folder: Path) -> dict[str, str]:
    report = without_clock(json.loads((folder / "report.json").read_text(encoding="utf-8")))
    files = {
        name: (folder / "model" / name).read_bytes() for name in ("model.safetensors", "head.safetensors")
    }
    files["report"] = json.dumps(report, sort_keys=True).encode()
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def child(made: Recipe, folder: Path, at_sync: int | None) -> int:
    """A process that trains; with ``at_sync`` it kills itself in the middle of that many-th write to disk."""
    number = os.fork()
    if number:
        return number
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if at_sync is not None:
        plain, seen = os.fsync, 0

        def fsync(handle: int) -> None:
            nonlocal seen
            seen += 1
            if seen == at_sync:
                os.kill(os.getpid(), signal.SIGKILL)
            plain(handle)

        os.fsync = fsync
    try:
        run(made, out=folder, resume=True)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def main(model: str, table: str, scratch: str, seeds: int) -> None:
    made, home = recipe(model, table), Path(scratch)
    began = time.perf_counter()
    _, status = os.waitpid(child(made, home / "whole", None), 0)
    assert status == 0, "the undisturbed run failed"
    lasts = time.perf_counter() - began
    trials = []
    for seed in range(seeds):
        draw, folder, kills = random.Random(seed), home / f"killed-{seed}", []
        for _attempt in range(2):
            # Half of the kills at any moment, half inside a save (each save syncs seven times).
            at_sync = draw.randint(1, 90) if draw.random() < 0.5 else None
            number = child(made, folder, at_sync)
            if at_sync is None:
                time.sleep(draw.uniform(0.1, 1.0) * lasts)
                os.kill(number, signal.SIGKILL)
            _, status = os.waitpid(number, 0)
            assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "a resumed run failed"
            if os.WIFSIGNALED(status):
                events = folder / "events.jsonl"
                text = events.read_text(encoding="utf-8") if events.exists() else ""
                saves = sum('"kind": "checkpoint"' in line for line in text.splitlines())
                kills.append({"inside_a_save": at_sync is not None, "saves_before": saves})
        _, status = os.waitpid(child(made, folder, None), 0)
        assert status == 0, "the last resume failed"
        trials.append({"seed": seed, "kills": kills, "result": fingerprint(folder)})
    print(json.dumps({"whole": fingerprint(home / "whole"), "trials": trials}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
