"""An encoder that fills gaps, at work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from ..errors import DataError
from ..language import _
from ..models.masked_language_model import MaskedLanguageModel
from ..tasks.fill_mask import FillMask
from .token_model import TokenModel

__all__ = ["MaskFiller"]

#: Words that are told for each gap.
WORDS = 5


@dataclass(frozen=True)
class MaskFiller(TokenModel):
    """An encoder that says which words may stand in a gap."""

    network: MaskedLanguageModel
    task: FillMask

    columns: ClassVar[tuple[str, ...]] = ("word", "probability")

    @torch.inference_mode()
    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """``word``, ``probability`` and ``words`` for the first gap of each text, written as a mask.

        Raises DataError for a text without a gap.
        """
        self.network.eval()
        tokenizer = self.tools.tokenizer
        for text in texts:
            asked = tokenizer(
                self.clean.apply(text)[0], truncation=True, max_length=self.tools.max_length,
                return_tensors="pt",
            )  # fmt: skip
            gaps = (asked["input_ids"][0] == tokenizer.mask_token_id).nonzero().flatten().tolist()
            if not gaps:
                raise DataError(
                    _("this text has no gap: {text}").format(text=text[:60]),
                    fix=_("Write {mask} in the place of a word.").format(mask=tokenizer.mask_token),
                )
            chances = self.network.whole(**asked).logits[0, gaps[0]].double().softmax(-1)
            best = chances.topk(WORDS)
            words = {
                tokenizer.decode([number]).strip(): float(chance)
                for chance, number in zip(best.values.tolist(), best.indices.tolist(), strict=True)
            }
            word = max(words, key=words.__getitem__)
            yield {"word": word, "probability": words[word], "words": words}
