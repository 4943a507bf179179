"""Few-shot prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ...data.conversation import Conversation
from .base import Prompt

__all__ = ["FewShot"]


class FewShot(Prompt):
    """Few-shot prompt: the same examples, drawn at random, before every question."""

    kind: Literal["few_shot"] = "few_shot"
    examples: int = Field(4, ge=1, le=64)
    """How many examples are shown, where there is room for them."""

    def choose(
        self, shown: Sequence[Any], asked: Sequence[Conversation], seed: int, language: str
    ) -> list[list[int]]:
        drawn = np.random.default_rng(seed).permutation(len(shown))[: self.examples].tolist()
        return [drawn for _talk in asked]
