"""Domain texts for encoders: words that are hidden are to be found."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..data.conversation import PlainText
from ..data.load import Data, Dataset
from ..data.row import Tools
from ..data.talks import load_texts
from ..models.load import Head, Loaded
from ..models.masked_language_model import MaskedLanguageModel
from .tokens import TokenTask

__all__ = ["FillMask"]


class FillMask(TokenTask):
    """Gaps in texts, which an encoder fills: how it gets to know a domain from texts without labels."""

    kind: Literal["fill_mask"] = "fill_mask"
    takes: ClassVar[type[PlainText]] = PlainText
    head: ClassVar[Head] = "masked"
    baselines: ClassVar[tuple[str, ...]] = ()

    def read(self, data: Data, seed: int) -> Dataset:
        return load_texts(data, seed)

    def tools(self, dataset: Dataset, loaded: Loaded) -> Tools:
        return Tools(loaded.tokenizer, (), loaded.max_length)

    def network(self, loaded: Loaded, tools: Tools, dropout: float = 0.0) -> MaskedLanguageModel:
        return MaskedLanguageModel(loaded.whole, loaded.new)

    def objective(self, tools: Tools) -> str:
        return "masked_lm"
