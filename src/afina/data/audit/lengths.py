"""How long the texts are, against what the model reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from ...language import _, ngettext, share
from ...language import number as figure
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
        part = len(cut) / len(tokens)
        median, high = np.percentile(tokens, [50, 95])
        told = ngettext(
            "{count} text ({share}) is longer than the {limit} tokens that are read, and its end is cut; "
            "half of the texts have up to {median} tokens, 95 % up to {high}.",
            "{count} texts ({share}) are longer than the {limit} tokens that are read, and their ends "
            "are cut; half of the texts have up to {median} tokens, 95 % up to {high}.",
            len(cut),
        )
        yield Finding(
            self.kind,
            "warning" if part > self.share else "note",
            told.format(
                count=figure(len(cut)),
                share=share(part, 1),
                limit=figure(audited.limit),
                median=figure(median),
                high=figure(high),
            ),
            _("Raise the limit if the model allows it, or put what matters at the beginning."),
            placed(audited.rows[number][1] for number in cut),
            len(cut),
        )
