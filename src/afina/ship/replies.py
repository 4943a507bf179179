"""Test rows that a language model answers before it is trained and after: what a person looks at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.conversation import Conversation
from .answerer import Answerer

__all__ = ["Replies"]


@dataclass(frozen=True, slots=True)
class Replies:
    """Conversations that end with an answer, and what a model answers in its place."""

    talks: tuple[Conversation, ...]
    before: tuple[str, ...]

    @classmethod
    def drawn(cls, examples: Sequence[Any], model: Answerer, count: int, seed: int) -> Replies:
        """``count`` of the conversations among the examples, drawn with ``seed``, and their answers."""
        talks = [example for example in examples if isinstance(example, Conversation)]
        order = np.random.default_rng(seed).permutation(len(talks))[:count]
        chosen = tuple(talks[number] for number in order)
        return cls(chosen, _answers(chosen, model))

    def beside(self, model: Answerer) -> list[dict[str, Any]]:
        """The same conversations answered by another model, as plain values."""
        return [
            {
                "where": str(talk.where),
                "asked": "\n".join(message.content for message in talk.messages[:-1]),
                "expected": talk.messages[-1].content,
                "before": before,
                "after": after,
            }
            for talk, before, after in zip(self.talks, self.before, _answers(self.talks, model), strict=True)
        ]


def _answers(talks: Sequence[Conversation], model: Answerer) -> tuple[str, ...]:
    return tuple(model.reply([talk.messages[:-1] for talk in talks]))
