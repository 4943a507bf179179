"""Few-shot prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ...data.conversation import Conversation
from .base import Prompt

__all__ = ["FewShot"]


class FewShot(Prompt):
    """Few-shot prompt: the same examples, drawn at random, before every question."""

    kind: Literal["few_shot"] = "few_shot"

    def choose(
        self, shown: Sequence[Conversation], asked: Sequence[Conversation], seed: int
    ) -> list[list[int]]:
        drawn = np.random.default_rng(seed).permutation(len(shown))[: self.examples].tolist()
        return [drawn for _talk in asked]
