"""SIGKILL at any moment, inside saves too; resumed, the run ends with the same bytes and the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SEEDS = 10


def test_killed_and_resumed_gives_the_same_bytes(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("killed.py")),
            tiny_model,
            small_table,
            tmp_path,
            str(SEEDS),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert len(told["trials"]) == SEEDS
    for trial in told["trials"]:
        assert trial["result"] == told["whole"], trial
    kills = [kill for trial in told["trials"] for kill in trial["kills"]]
    # Otherwise the test would prove nothing.
    assert len(kills) >= SEEDS
    assert sum(kill["inside_a_save"] for kill in kills) >= 3
    assert sum(kill["saves_before"] > 0 for kill in kills) >= 3
