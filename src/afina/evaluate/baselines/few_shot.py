"""Prompts with examples of each label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from ...data.example import LabelledText
from .base import Context
from .label_prompt import LabelPrompt

__all__ = ["FewShotLabels"]


class FewShotLabels(LabelPrompt):
    """Prompt with examples: the same training rows of each label, drawn at random, before every text."""

    kind: Literal["few_shot"] = "few_shot"
    each: int = Field(2, ge=1, le=32)
    """How many examples of each label are shown, where there is room for them."""

    def shown(self, context: Context, texts: Sequence[str]) -> list[list[LabelledText]]:
        generator, train = np.random.default_rng(context.seed), context.splits.train
        drawn = [train[number] for number in generator.permutation(len(train)).tolist()]
        chosen = [row for label in context.labels for row in _first(drawn, label, self.each)]
        # Not in the order of the labels: a model leans towards the label that it saw last.
        mixed = [chosen[number] for number in generator.permutation(len(chosen)).tolist()]
        return [mixed for _text in texts]


def _first(rows: Sequence[LabelledText], label: str, count: int) -> list[LabelledText]:
    return [row for row in rows if row.label == label][:count]
