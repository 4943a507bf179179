"""Domain texts for encoders: words that are hidden are to be found."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..data.conversation import PlainText
from ..data.load import Data, Dataset
from ..data.row import Tools
from ..data.talks import load_texts
from ..models.load import Head, Loaded
from ..models.masked_language_model import MaskedLanguageModel
from .base import Task

__all__ = ["FillMask"]


class FillMask(Task):
    """Gaps in texts, which an encoder fills: how it gets to know a domain from texts without labels."""

    kind: Literal["fill_mask"] = "fill_mask"
    takes: ClassVar[type[PlainText]] = PlainText
    labels: ClassVar[bool] = False
    head: ClassVar[Head] = "masked"
    primary_metric: ClassVar[str] = "perplexity"
    baselines: ClassVar[tuple[str, ...]] = ()
    general: bool = True
    """Whether it is measured what the model forgets: its perplexity on newspaper editorials, before and
    after."""

    def read(self, data: Data, seed: int) -> Dataset:
        return load_texts(data, seed)

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        return Tools(loaded.tokenizer, (), loaded.max_length)

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> MaskedLanguageModel:
        return MaskedLanguageModel(loaded.whole, loaded.new)

    def objective(self, tools: Tools) -> str:
        return "masked_lm"

    def metrics(self, tools: Tools) -> tuple[str, ...]:
        return ("perplexity",)
