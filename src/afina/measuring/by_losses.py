"""Models of tokens: against the model as it came, by the losses of the tokens that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..data.conversation import Conversation
from ..evaluate.compare import Candidate
from ..recipe.prepare import Prepared
from ..ship.answerer import Answerer
from ..ship.shipped import Shipped
from ..train.fit import Job
from .answering import Answering, asked_of
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

    def before(self, *, timed: bool = False) -> list[Candidate]:
        job = self.prepared.untrained()
        untrained, prompted = self.untrained(job, timed=timed), []
        came = self.prepared.shipped(job.adapted)
        self._forgetting.read("before", came)
        if self._answering and isinstance(came, Answerer):
            prompted = self._answering.before(came, timed=timed)
            untrained = replace(untrained, texts=tuple(self._answering.answers["untrained"]))
        return [untrained, *prompted]

    @property
    def talks(self) -> Sequence[Conversation]:
        return self._answering.talks if self._answering else ()

    def texts(self, job: Job) -> tuple[str, ...]:
        model = self.prepared.shipped(job.adapted)
        asked = [talk.messages[:-1] for talk in self.talks]
        return tuple(model.reply(asked)) if asked and isinstance(model, Answerer) else ()

    def alone(self, job: Job) -> Callable[[Any], Any]:
        model = self.prepared.shipped(job.adapted)
        if isinstance(model, Answerer):
            return lambda talk: model.reply([asked_of(talk)])
        gap = model.tools.tokenizer.mask_token
        return lambda passage: model.predict([f"{gap} {passage.text}"])

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
