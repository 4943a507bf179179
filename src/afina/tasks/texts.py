"""What tasks have in common whose model writes texts."""

from __future__ import annotations

from abc import ABC
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from ..data.chat import check_tokenizer
from ..data.conversation import Passage
from ..data.load import Dataset
from ..data.row import Tools
from ..models.generate import Generate
from ..models.language_model import LanguageModel
from ..models.load import DEFAULT_LANGUAGE_MODEL, Head, Loaded
from ..models.seq2seq_model import Seq2SeqModel
from .tokens import TokenTask

__all__ = ["TextTask"]


class TextTask(TokenTask, ABC):
    """Base of tasks that are answered by texts: by language models, and by encoder-decoders."""

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

    def default_model(self, language: str) -> str:
        return DEFAULT_LANGUAGE_MODEL

    def instruction(self, dataset: Dataset, loaded: Loaded) -> str | None:
        """What the model is told before each conversation."""
        return self.system

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        tools = Tools(loaded.tokenizer, (), loaded.max_length, start=loaded.start)
        if loaded.start is None:
            check_tokenizer(tools, loaded.name)
        return replace(tools, system=self.instruction(dataset, loaded))

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> LanguageModel | Seq2SeqModel:
        return LanguageModel(loaded.whole) if loaded.start is None else Seq2SeqModel(loaded.whole)

    def objective(self, tools: Tools) -> str:
        return "next_token" if tools.start is None else "seq2seq"
