"""chrF."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from .of_texts import SacreBleu

__all__ = ["ChrF"]


class ChrF(SacreBleu):
    """chrF: how many runs of up to six letters an answer shares with the expected one; 100 is all of them.

    F-score with recall counting twice as much as precision, averaged over the lengths 1 to 6, over the counts
    of all rows (Popović 2015, chrF2). It needs no words, so it is fair to languages with many endings.
    """

    kind: Literal["chrf"] = "chrf"

    @classmethod
    @cache
    def tool(cls) -> Any:
        from sacrebleu.metrics.chrf import CHRF

        return CHRF()
