"""Generation: texts that go on from other texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from ..data.chat import check_tokenizer
from ..data.conversation import Passage
from ..data.load import Data, Dataset
from ..data.row import Tools
from ..data.talks import load_talks
from ..models.generate import Generate
from ..models.language_model import LanguageModel
from ..models.load import DEFAULT_LANGUAGE_MODEL, Loaded
from .base import Task

__all__ = ["GenerateText"]


class GenerateText(Task):
    """Answers to questions, replies in chats, summaries, translations: any text that follows another."""

    kind: Literal["generate"] = "generate"
    takes: ClassVar[type[Passage]] = Passage
    labels: ClassVar[bool] = False
    generates: ClassVar[bool] = True
    primary_metric: ClassVar[str] = "perplexity"
    #: None to be fitted: the model as it came is what it is compared with.
    baselines: ClassVar[tuple[str, ...]] = ()
    system: str | None = None
    """What the model is told before each conversation that does not say it itself."""
    answers: Generate = Field(default_factory=Generate)
    """How answers are generated when the model is measured and used."""

    def read(self, data: Data, seed: int) -> Dataset:
        return load_talks(data, seed, self.system)

    def default_model(self, language: str) -> str:
        return DEFAULT_LANGUAGE_MODEL

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        tools = Tools(loaded.tokenizer, (), loaded.max_length)
        check_tokenizer(tools, loaded.name)
        return tools

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> LanguageModel:
        return LanguageModel(loaded.whole)

    def objective(self, tools: Tools) -> str:
        return "next_token"

    def metrics(self, tools: Tools) -> tuple[str, ...]:
        return ("perplexity",)

    def truth(self, examples: Sequence[Any], tools: Tools) -> NDArray[np.float64]:
        return np.zeros((len(examples), 2))

    def outputs(self, scores: Tensor, tools: Tools) -> NDArray[np.float64]:
        result: NDArray[np.float64] = scores.double().numpy()
        return result
