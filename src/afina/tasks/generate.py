"""Generation: texts that go on from other texts."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..data.chat import check_tokenizer
from ..data.conversation import Passage
from ..data.load import Data, Dataset
from ..data.row import Tools
from ..data.talks import load_talks
from ..models.generate import Generate
from ..models.language_model import LanguageModel
from ..models.load import DEFAULT_LANGUAGE_MODEL, Head, Loaded
from .tokens import TokenTask

__all__ = ["GenerateText"]


class GenerateText(TokenTask):
    """Answers to questions, replies in chats, summaries, translations: any text that follows another."""

    kind: Literal["generate"] = "generate"
    takes: ClassVar[type[Passage]] = Passage
    head: ClassVar[Head] = "causal"
    #: Beside the model as it came.
    baselines: ClassVar[tuple[str, ...]] = ("few_shot", "retrieval")
    system: str | None = None
    """What the model is told before each conversation that does not say it itself."""
    answers: Generate = Field(default_factory=Generate)
    """How answers are generated when the model is measured and used."""
    measured: int = Field(200, ge=1)
    """How many rows of development and of test each model and each prompt is measured on; drawn at random."""
    answered: int = Field(50, ge=0)
    """How many of the measured test rows are answered in full, to be compared with what was expected."""
    answer_metrics: tuple[str, ...] = ("chrf", "rouge_l", "exact_answer")
    """What full answers are measured with: chrf, bleu (for translations), rouge_l, exact_answer."""

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
