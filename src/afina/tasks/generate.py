"""Generation: texts that go on from other texts."""

from __future__ import annotations

from typing import Literal

from ..data.load import Data, Dataset
from ..data.talks import load_talks
from .texts import TextTask

__all__ = ["GenerateText"]


class GenerateText(TextTask):
    """Answers to questions, replies in chats, summaries, translations: any text that follows another."""

    kind: Literal["generate"] = "generate"

    def read(self, data: Data, seed: int) -> Dataset:
        return load_talks(data, seed)
