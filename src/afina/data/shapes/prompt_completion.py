"""Prompts and what follows them."""

from __future__ import annotations

from typing import ClassVar, Literal

from .base import Pair

__all__ = ["PromptCompletion"]


class PromptCompletion(Pair):
    """Prompts and completions: two columns of these names, or prompt and response."""

    kind: Literal["prompt_completion"] = "prompt_completion"
    asked: ClassVar[frozenset[str]] = frozenset({"prompt"})
    answered: ClassVar[frozenset[str]] = frozenset({"completion", "response"})
