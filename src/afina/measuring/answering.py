"""Whole answers of language models, and what prompts make of the model as it came."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..data.chat import prompt_ids
from ..data.conversation import ANSWERER, Conversation, Message
from ..data.row import Row, Tools
from ..evaluate.compare import Candidate
from ..evaluate.generated import compare_texts
from ..evaluate.prompts import PROMPTS, Prompt
from ..evaluate.settings import kind_of
from ..evaluate.timing import milliseconds
from ..language import _
from ..objectives.next_token import NextToken
from ..recipe.prepare import Prepared
from ..ship.answerer import Answerer
from ..tasks.texts import TextTask
from ..train.log import Event

__all__ = ["Answering", "asked_of"]

#: Most tokens of examples before a question.
ROOM = 1024
#: What a chat template writes after an answer, at most.
_ENDS = 16


@dataclass
class Answering:
    """Language models that answer the same test rows, one after the other, the trained one last."""

    prepared: Prepared
    answers: dict[str, list[str]] = field(default_factory=dict)
    """Model or prompt -> what it answers to :attr:`talks`."""

    def __post_init__(self) -> None:
        task = self.prepared.recipe.task
        assert isinstance(task, TextTask)
        self.task = task
        test, numbers = self.prepared.dataset.splits.test, self.prepared.measured["test"]
        drawn = np.random.default_rng(self.prepared.recipe.seed).permutation(numbers)[: task.answered]
        self.talks = tuple(one for n in drawn.tolist() if _ends_answered(one := test[n]))
        """The test rows that are answered in full."""

    def before(self, model: Answerer, *, timed: bool = False) -> list[Candidate]:
        """The model as it came: its answers, and what prompts make of it."""
        self._ask("untrained", model, self.talks)
        return [made for prompt in self._prompts() if (made := self._prompted(prompt, model, timed))]

    def after(self, model: Answerer) -> None:
        """The trained model."""
        self._ask(self.prepared.recipe.way, model, self.talks)

    def added_to(self, values: dict[str, Any]) -> dict[str, Any]:
        """What a report says of the answers, in what it says already."""
        if not self.talks:
            return values
        recipe, way = self.prepared.recipe, self.prepared.recipe.way
        found, pairs = compare_texts(
            self.answers, [talk.messages[-1].content for talk in self.talks], self.task.answer_metrics,
            seed=recipe.seed, resamples=recipe.evaluate.resamples,
        )  # fmt: skip
        shown = min(len(self.talks), recipe.evaluate.examples)
        return values | {
            "test": values["test"] | found[way],
            "baselines": {name: row | found.get(name, {}) for name, row in values["baselines"].items()},
            "comparisons": [*values["comparisons"], *pairs],
            "answered": len(self.talks),
            "answers": [self._shown(number) for number in range(shown)],
        }

    def _shown(self, number: int) -> dict[str, Any]:
        talk, said = self.talks[number], {name: texts[number] for name, texts in self.answers.items()}
        before, after = said.pop("untrained"), said.pop(self.prepared.recipe.way)
        return {
            "where": str(talk.where),
            "asked": "\n".join(message.content for message in talk.messages[:-1]),
            "expected": talk.messages[-1].content,
            "before": before,
            "prompted": said,
            "after": after,
        }

    def _ask(self, name: str, model: Answerer, talks: Sequence[Conversation]) -> None:
        self.answers[name] = model.reply([talk.messages[:-1] for talk in talks])

    def _prompts(self) -> list[Prompt]:
        recipe, objective = self.prepared.recipe, self.prepared.objective
        if self.prepared.tools.start is not None:  # it was never shown how to go on from examples
            for given in recipe.evaluate.baselines or ():
                told = _("'{baseline}' is left out: an encoder-decoder is shown no examples with a question.")
                self.prepared.warn(told.format(baseline=kind_of(given)))
            return []
        # Where questions are learnt too, the examples' questions would be measured with them.
        learns_all = isinstance(objective, NextToken) and objective.learn == "all"
        return [] if learns_all else recipe.evaluate.wanted(PROMPTS, recipe.task.baselines)

    def _prompted(self, prompt: Prompt, model: Answerer, timed: bool) -> Candidate | None:
        """The model as it came with examples before each question; None where rows are no conversations."""
        prepared, began = self.prepared, time.perf_counter()
        shown = prompt.shows([talk for talk in prepared.dataset.splits.train if _shows(talk)])
        sides = {"dev": prepared.dataset.splits.dev, "test": prepared.dataset.splits.test}
        if not shown or not all(_ends_answered(one) for side in sides.values() for one in side):
            return None
        put = _Put(prompt, shown, model, prepared.recipe.seed, prepared.dataset.language)
        losses = {}
        for name, side in sides.items():
            numbers = prepared.measured[name]
            talks = put.before([side[n] for n in numbers])
            rows = [prepared.objective.encode(talk, put.tools) for talk in talks]
            cut = [prepared.rows[name].rows[n].cut for n in numbers]
            losses[name] = model.losses(list(map(_shortened, rows, cut))).astype(np.float64)
        self._ask(prompt.kind, model, put.before(self.talks))
        seconds = time.perf_counter() - began
        prepared.listen(Event("baseline", {"name": prompt.kind, "seconds": seconds}))
        size = sum(4 * p.numel() for p in model.network.parameters())
        alone = milliseconds(put.answer, sides["dev"]) if timed else None
        texts = tuple(self.answers[prompt.kind])
        return Candidate(prompt.kind, losses["dev"], losses["test"], seconds, size, alone, texts)


@dataclass(frozen=True)
class _Put:
    """Puts examples, or what else a prompt shows, before questions, as many as there is room for."""

    prompt: Prompt
    shown: Sequence[Any]
    model: Answerer
    seed: int
    language: str

    @property
    def limit(self) -> int:
        """Tokens that the model can read."""
        return getattr(self.model.network.whole.config, "max_position_embeddings", None) or 1 << 30

    @property
    def tools(self) -> Tools:
        """With room for the examples."""
        return replace(self.model.tools, max_length=self.limit)

    def before(self, talks: Sequence[Conversation]) -> list[Conversation]:
        """The same questions, with examples."""
        chosen = self.prompt.choose(self.shown, talks, self.seed, self.language) if talks else []
        return [self._fitting(talk, numbers) for talk, numbers in zip(talks, chosen, strict=True)]

    def answer(self, talk: Conversation) -> list[str]:
        """To one question alone."""
        return self.model.reply([asked_of(self.before([talk])[0])])

    def _fitting(self, talk: Conversation, numbers: Sequence[int]) -> Conversation:
        """The least useful examples go first where there is no room for all."""
        *_asked, answer = talk.messages
        own = self._asked(talk)
        ends = len(self.tools.tokenizer(answer.content)["input_ids"]) + _ENDS
        room = min(ROOM, self.limit - own - max(ends, self.model.task.answers.max_tokens))
        examples = [self.shown[number] for number in numbers]
        while examples and self._asked(self.prompt.put(talk, examples)) - own > room:
            del examples[0]
        return self.prompt.put(talk, examples)

    def _asked(self, talk: Conversation) -> int:
        """Tokens before the answer."""
        return len(prompt_ids(talk.messages[:-1], self.tools, talk.tools))


def asked_of(talk: Any) -> Sequence[Message]:
    """What is to be answered: all before the last answer; a text that is no conversation is asked itself."""
    return talk.messages[:-1] if _ends_answered(talk) else [Message("user", talk.text)]


def _ends_answered(talk: Any) -> bool:
    """Whether a row is a conversation whose last turn is the assistant's."""
    return isinstance(talk, Conversation) and talk.messages[-1].role == ANSWERER


def _shows(talk: Any) -> bool:
    """Whether a row is a question and its answer, or several."""
    if not isinstance(talk, Conversation) or talk.tools:
        return False
    roles = [message.role for message in talk.messages if message.role != "system"]
    return roles == ["user", ANSWERER] * (len(roles) // 2)


def _shortened(row: Row, cut: int) -> Row:
    """Without the end that the row has lost where it stands alone, so that the same tokens count."""
    kept = len(row.ids) - max(0, cut - row.cut)
    return replace(row, ids=row.ids[:kept], counts=row.counts[:kept])
