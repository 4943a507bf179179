"""BLEU."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from .of_texts import SacreBleu

__all__ = ["Bleu"]


class Bleu(SacreBleu):
    """BLEU: how many runs of up to four words an answer shares with the expected one; 100 is all of them.

    Geometric mean of the precisions of runs of 1 to 4 words over all rows, lowered where answers are too
    short (Papineni et al. 2002). Words are told apart by what Unicode calls punctuation (sacrebleu's
    ``intl``), so that «¿» and «¡» do not stick to the first word of a Spanish sentence.
    """

    kind: Literal["bleu"] = "bleu"

    @classmethod
    @cache
    def tool(cls) -> Any:
        from sacrebleu.metrics.bleu import BLEU

        return BLEU(tokenize="intl")
