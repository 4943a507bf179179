"""How long the texts are, against what the model reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from ...language import _, ngettext
from .base import Audited, Check, Finding, placed

__all__ = ["Lengths"]


class Lengths(Check):
    """Texts longer than the model reads."""

    kind: Literal["lengths"] = "lengths"

    share: float = Field(0.05, ge=0, lt=1)
    """The share of cut texts above which it is a warning rather than a note."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        if audited.lengths is None or audited.limit is None:
            return
        tokens = np.array(
            [length for name, _side in audited.splits.items() for length in audited.lengths[name]]
        )
        cut = np.flatnonzero(tokens > audited.limit)
        if not len(cut):
            return
        share = len(cut) / len(tokens)
        median, high = np.percentile(tokens, [50, 95])
        told = ngettext(
            "{count} text ({share:.1%}) is longer than the {limit} tokens that are read, and its end is cut; "
            "half of the texts have up to {median:.0f} tokens, 95 % up to {high:.0f}.",
            "{count} texts ({share:.1%}) are longer than the {limit} tokens that are read, and their ends "
            "are cut; half of the texts have up to {median:.0f} tokens, 95 % up to {high:.0f}.",
            len(cut),
        )
        yield Finding(
            self.kind,
            "warning" if share > self.share else "note",
            told.format(count=len(cut), share=share, limit=audited.limit, median=median, high=high),
            _("Raise the limit if the model allows it, or put what matters at the beginning."),
            placed(audited.rows[number][1] for number in cut),
            len(cut),
        )
