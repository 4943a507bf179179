"""Ways beside each other on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..evaluate.compare import ALPHA
from ..evaluate.statistics import Resampled, holm
from ..evaluate.words import direction

__all__ = ["Beside", "beside", "beside_best", "best_of", "cheapest_of", "proven", "worse_of"]


@dataclass(frozen=True)
class Beside:
    """One way beside another on the same rows: metric(a) - metric(b)."""

    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    """Adjusted for how many there are."""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def beside(pairs: Sequence[tuple[str, str]], values: Mapping[str, Resampled]) -> list[Beside]:
    """Paired comparisons, their p-values adjusted for their number (Holm 1979)."""
    found = [values[a].minus(values[b]) for a, b in pairs]
    adjusted = holm([one.p for one in found])
    return [
        Beside(a, b, one.difference, one.low, one.high, one.p, p)
        for (a, b), one, p in zip(pairs, found, adjusted, strict=True)
    ]


def proven(one: Beside, metric: str) -> bool:
    """Whether ``a`` is provably better than ``b``."""
    return direction(metric) * one.difference > 0 and one.p_holm < ALPHA


def cheapest_of(names: Sequence[str], values: Mapping[str, Resampled], metric: str) -> str:
    """The first of the names that is not provably worse than the best."""
    worse = worse_of(beside_best(names, values, metric), metric)
    return next(name for name in names if name not in worse)


def beside_best(names: Sequence[str], values: Mapping[str, Resampled], metric: str) -> list[Beside]:
    """The best of the names with every other."""
    best = best_of(names, values, metric)
    return beside([(best, name) for name in names if name != best], values)


def worse_of(compared: Sequence[Beside], metric: str) -> set[str]:
    """Those that are provably worse than what they stand beside."""
    return {one.b for one in compared if proven(one, metric)}


def best_of(names: Sequence[str], values: Mapping[str, Resampled], metric: str) -> str:
    """The best of the names, the first of equal ones."""
    return max(names, key=lambda name: direction(metric) * values[name].value)
