"""What the machine can do, and settings of the process that stand on it."""

import json
import os
import subprocess
import sys

import pytest
import torch

from afina.models import probe as module
from afina.models.probe import available_memory, physical_cores, probe


def test_the_machine_is_measured_once_and_moves_no_generator():
    state = torch.get_rng_state()
    probe.cache_clear()
    found = probe()
    assert torch.equal(state, torch.get_rng_state())
    assert probe() is found
    assert found.gemm_gflops > 0.1
    assert 1 <= found.cores <= len(os.sched_getaffinity(0))
    assert found.threads == torch.get_num_threads()
    assert 2**28 < found.available_bytes <= found.memory_bytes
    assert json.loads(json.dumps(found.plain())) == found.plain()
    assert found.plain().keys() == set(module.Probe.__dataclass_fields__)


def test_bfloat16_is_chosen_only_where_it_is_clearly_faster(monkeypatch):
    tried = []

    def machine(short):
        """A machine where bfloat16 takes ``short`` seconds and float32 one."""

        def seconds(shape, dtype, device, runs):
            tried.append(shape)
            return [short if dtype == torch.bfloat16 else 1.0] * runs

        return seconds

    for short, chosen, trials in ((0.5, "bfloat16", 2), (0.9, "float32", 1), (300.0, "float32", 1)):
        tried.clear()
        monkeypatch.setattr(module, "_seconds", machine(short))
        assert module._dtype("cpu") == chosen
        assert len(set(tried)) == trials


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000"}, 8),
        ({"cpu.max": "250000 100000"}, 2),
        ({"cpu.max": "10000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
    ],
)
def test_cores_of_a_container(files, cores, monkeypatch, tmp_path):
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text + "\n")
    monkeypatch.setattr(module, "_CGROUP", tmp_path)
    monkeypatch.setattr(module, "_siblings", lambda number: f"{number % 8},{number % 8 + 8}")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(16)))
    assert physical_cores.__wrapped__() == cores


def test_memory_of_a_container(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_CGROUP", tmp_path)
    whole = module._total_memory()
    assert whole == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert module._total_memory() == whole
    (tmp_path / "memory.max").write_text("5000\n")
    assert (module._total_memory(), available_memory()) == (5000, 4000)


@pytest.mark.parametrize(("told", "threads"), [(None, "physical"), ("1", "1")])
def test_a_tuned_process(told, threads):
    code = (
        "import torch; from afina.models.probe import physical_cores, tune_process; tune_process();"
        "print(torch.get_num_threads(), physical_cores(), (torch.tensor(1e-39) * 0.5).item())"
    )
    environment = {"PYTHONPATH": ":".join(sys.path), **({"OMP_NUM_THREADS": told} if told else {})}
    made = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )
    used, cores, denormal = made.stdout.split()
    assert used == (cores if threads == "physical" else threads)
    assert denormal == "0.0"
