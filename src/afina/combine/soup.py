"""The mean of several tuned networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import torch

from .base import Combined, Combiner, Score, Weights, each

__all__ = ["Soup"]


class Soup(Combiner):
    """Soup: the mean of several tuned networks, of all or of those that help (model soups).

    After Wortsman et al. 2022 (Model soups). Greedy: the networks are taken in the order of their metric on
    the development rows, the best first, and each one stays in the mean if the metric does not fall.
    """

    kind: Literal["soup"] = "soup"
    least: ClassVar[int] = 2
    how: Literal["greedy", "uniform"] = "greedy"
    """Which networks go into the mean: those that do not make it worse (greedy), or all (uniform)."""

    def combine(self, base: Weights, tuned: Sequence[Weights], score: Score) -> Combined:
        if self.how == "uniform":
            weights = _mean(tuned)
            entry = {"members": list(range(1, len(tuned) + 1)), **score(weights)}
            return Combined(weights, [entry], entry)
        alone = [score(one) for one in tuned]
        order = sorted(range(len(tuned)), key=lambda number: -alone[number]["dev"])
        members, weights = order[:1], dict(tuned[order[0]])
        chosen: dict[str, Any] = {"members": [order[0] + 1], **alone[order[0]]}
        tried = [chosen]
        for number in order[1:]:
            mixed = _mean([tuned[member] for member in (*members, number)])
            entry = {"members": [member + 1 for member in (*members, number)], **score(mixed)}
            tried.append(entry)
            if entry["dev"] >= chosen["dev"]:
                members, weights, chosen = [*members, number], mixed, entry
        return Combined(weights, tried, chosen)


def _mean(tuned: Sequence[Weights]) -> Weights:
    return each(tuned[0], tuned, lambda _first, all_of_them: torch.stack(all_of_them).mean(0))
