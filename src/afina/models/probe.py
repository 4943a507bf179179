"""What this machine can do, measured once: plans and choices stand on it, and the run's record keeps it."""

from __future__ import annotations

import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch

__all__ = ["Probe", "available_memory", "physical_cores", "probe", "tune_process"]

#: A product of (M, K) and (K, N) as small encoders compute it: 1,024 tokens through a layer 384 -> 1536.
_GEMM = (1024, 384, 1536)
_RUNS = 9
#: Products to compare the number formats with. Without hardware for it, bfloat16 can be hundreds of times
#: slower: a small product tells that, and the large one is then never tried.
_TRIALS = ((32, 512, 512), (512, 512, 512))
#: How much faster bfloat16 must be for its lower precision: near a tie, the choice would be chance.
_WORTH_IT = 1.5

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Probe:
    """The machine."""

    device: str
    """``cpu``, or the accelerator that torch finds: ``cuda``, ``mps`` …"""
    dtype: Literal["float32", "bfloat16"]
    """The faster of the two for matrix products here."""
    cores: int
    """Physical cores that this process may use."""
    threads: int
    """Threads torch computes with."""
    gemm_gflops: float
    """10^9 float32 operations a second in a product of 1024 x 384 by 384 x 1536, median of 9 runs."""
    memory_bytes: int
    """Memory of the machine, or of the container when it has less."""
    available_bytes: int
    """What of it was free when the probe was made."""

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@cache
def probe() -> Probe:
    """The machine, measured at the first call in this process and remembered."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    device = accelerator.type if accelerator else "cpu"
    return Probe(
        device=device,
        dtype=_dtype(device),
        cores=physical_cores(),
        threads=torch.get_num_threads(),
        gemm_gflops=round(_gemm_gflops(device), 1),
        memory_bytes=_total_memory(),
        available_bytes=available_memory(),
    )


def tune_process() -> None:
    """One torch thread for each physical core, unless ``OMP_NUM_THREADS`` says otherwise; no denormals.

    Denormals are a hundred times slower than other numbers and weigh nothing. Both settings are the same at
    every start, so results do not change between runs.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(physical_cores())
    torch.set_flush_denormal(True)


@cache
def physical_cores() -> int:
    """Physical cores that this process may use: hardware threads share a core's units and count once."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    cores = len({_siblings(number) for number in os.sched_getaffinity(0)})
    words = _words(_CGROUP / "cpu.max") or (
        _words(_CGROUP / "cpu/cpu.cfs_quota_us") + _words(_CGROUP / "cpu/cpu.cfs_period_us")
    )
    if len(words) == 2 and words[0].isdigit():
        cores = min(cores, round(int(words[0]) / int(words[1])))
    return max(1, cores)


def available_memory() -> int:
    """Bytes of memory that are free now, to this process; 0 where the system does not tell."""
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
            return min([free, *(max(0, limit - used) for limit, used in _memory_limits())])
    return _total_memory()


def _total_memory() -> int:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    return min([total, *(limit for limit, _used in _memory_limits())])


def _memory_limits() -> list[tuple[int, int]]:
    """Limit and use of the container, when it has a limit: of cgroups version 2, else 1."""
    pairs = (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    )
    told = [_words(_CGROUP / limit) + _words(_CGROUP / used) for limit, used in pairs]
    return [(int(words[0]), int(words[1])) for words in told if len(words) == 2 and words[0].isdigit()]


def _siblings(number: int) -> str:
    """The hardware threads of a processor's core; its own number where the system does not tell."""
    told = _words(Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list"))
    return told[0] if told else str(number)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()


def _dtype(device: str) -> Literal["float32", "bfloat16"]:
    """bfloat16 where it is clearly faster, which takes hardware made for it; else float32."""
    for shape in _TRIALS:
        exact, short = (min(_seconds(shape, dtype, device, 3)) for dtype in (torch.float32, torch.bfloat16))
        if short * _WORTH_IT > exact:
            return "float32"
    return "bfloat16"


def _gemm_gflops(device: str) -> float:
    m, k, n = _GEMM
    return 2e-9 * m * k * n / statistics.median(_seconds(_GEMM, torch.float32, device, _RUNS))


def _seconds(shape: tuple[int, int, int], dtype: torch.dtype, device: str, runs: int) -> list[float]:
    """Seconds of each product of (M, K) and (K, N), after one that is not counted."""
    m, k, n = shape
    # Not drawn at random: a measurement must not move the generators that a run is seeded with.
    left = torch.full((m, k), 0.5, dtype=dtype, device=device)
    right = torch.full((k, n), 0.25, dtype=dtype, device=device)
    seconds = []
    for _run in range(runs + 1):
        _wait(device)
        start = time.perf_counter()
        left @ right
        _wait(device)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()
