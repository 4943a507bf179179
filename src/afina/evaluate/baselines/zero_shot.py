"""Prompts without examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...data.example import LabelledText
from .base import Context
from .label_prompt import LabelPrompt

__all__ = ["ZeroShot"]


class ZeroShot(LabelPrompt):
    """Prompt without examples: a language model is told the labels, and no training row is used at all."""

    kind: Literal["zero_shot"] = "zero_shot"

    def applies(self, context: Context) -> bool:
        return super().applies(context) and self.says(context)

    def shown(self, context: Context, texts: Sequence[str]) -> list[list[LabelledText]]:
        return [[] for _text in texts]
