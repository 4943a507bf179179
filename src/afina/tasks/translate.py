"""Translation: texts in one language from texts in another."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..data.conversation import Conversation, Passage
from ..data.language_of import UNSURE
from ..data.languages import name_of
from ..data.load import Data, Dataset
from ..data.translations import load_translations
from ..models.load import Loaded
from .texts import TextTask

__all__ = ["Translate"]


class Translate(TextTask):
    """Translations of texts from one language into another."""

    kind: Literal["translate"] = "translate"
    takes: ClassVar[type[Passage]] = Conversation
    source_language: str | None = None
    """The language of the texts, as its ISO code such as en. If it is not given, the names of the columns
    tell, or the texts themselves."""
    target_language: str | None = None
    """The language of the translations, as its ISO code such as es. If it is not given, the names of the
    columns tell, or the texts themselves."""
    answer_metrics: tuple[str, ...] = ("bleu", "chrf")
    """What full translations are measured with: bleu, chrf, rouge_l, exact_answer."""

    def read(self, data: Data, seed: int) -> Dataset:
        return load_translations(data, seed, self.source_language, self.target_language)

    def instruction(self, dataset: Dataset, loaded: Loaded) -> str | None:
        """A language model is asked to translate; an encoder-decoder is told only what the person wants."""
        if self.system is not None or loaded.start is not None:
            return self.system
        assert dataset.languages is not None
        target = dataset.languages[1]
        return "Translate." if target == UNSURE else f"Translate into {name_of(target)}."
