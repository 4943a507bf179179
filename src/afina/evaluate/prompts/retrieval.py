"""Prompts with retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ...data.conversation import Conversation
from ..baselines.words import bag_of_words
from .base import Prompt

__all__ = ["Retrieval"]


class Retrieval(Prompt):
    """Prompt with retrieval: before every question the training examples whose questions are nearest to it.

    Near by the cosine of TF-IDF vectors of words and pairs of words; the nearest one stands last.
    """

    kind: Literal["retrieval"] = "retrieval"

    def choose(
        self, shown: Sequence[Conversation], asked: Sequence[Conversation], seed: int
    ) -> list[list[int]]:
        vectoriser = bag_of_words()
        known = vectoriser.fit_transform(map(_question, shown))
        near = (vectoriser.transform(map(_question, asked)) @ known.T).toarray()
        best = np.argsort(-near, axis=1, kind="stable")[:, : self.examples]
        return [row[::-1].tolist() for row in best]


def _question(talk: Conversation) -> str:
    return "\n".join(message.content for message in talk.messages[:-1] if message.role != "system")
