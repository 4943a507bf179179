"""Models of tokens: against the model as it came, by the losses of the tokens that count."""

from __future__ import annotations

from typing import Any

from ..evaluate.compare import Candidate
from ..recipe.prepare import Prepared
from ..ship.answerer import Answerer
from ..ship.shipped import Shipped
from .answering import Answering
from .base import Measuring
from .forgetting import Forgetting

__all__ = ["ByLosses"]

#: Training rows whose tokens the report shows.
LEARNT = 3


class ByLosses(Measuring):
    """Beside the model as it came, and what prompts make of it where it answers."""

    def __init__(self, prepared: Prepared) -> None:
        super().__init__(prepared)
        if prepared.runtime.main:
            self._forgetting = Forgetting(prepared)
            self._answering = Answering(prepared) if prepared.recipe.task.generates else None

    def before(self) -> list[Candidate]:
        untrained = self.prepared.untrained()
        candidates = [self.untrained(untrained)]
        came = self.prepared.shipped(untrained.adapted)
        self._forgetting.read("before", came)
        if self._answering and isinstance(came, Answerer):
            candidates += self._answering.before(came)
        return candidates

    def alongside(self) -> None:
        self.untrained(self.prepared.untrained())

    def after(self, model: Shipped, values: dict[str, Any]) -> dict[str, Any]:
        self._forgetting.read("after", model)
        values |= self._forgetting.told()
        if self._answering and isinstance(model, Answerer):
            self._answering.after(model)
            values = self._answering.added_to(values)
            first = range(min(LEARNT, len(self.prepared.dataset.splits.train)))
            values["learnt"] = [self.prepared.seen(number) for number in first]
        return values

    def next(self, place: str) -> list[str]:
        told = [f'afina predict {place} "…"', f"afina predict {place} --file new.csv -o answers.csv"]
        return [*told, f"afina chat {place}"] if self.prepared.recipe.task.generates else told
