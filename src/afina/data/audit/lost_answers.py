"""Answers that are cut off before they are learnt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ...language import _, ngettext
from ...language import number as figure
from .base import Audited, Check, Finding, placed

__all__ = ["LostAnswers"]


class LostAnswers(Check):
    """Answers whose end the model would never see."""

    kind: Literal["lost_answers"] = "lost_answers"

    def run(self, audited: Audited) -> Iterator[Finding]:
        if audited.lost is None:
            return
        tokens = [lost for name, _side in audited.splits.items() for lost in audited.lost[name]]
        rows = [number for number, lost in enumerate(tokens) if lost]
        if not rows:
            return
        told = ngettext(
            "{count} answer loses its last {tokens} tokens: its conversation is longer than {limit}.",
            "{count} answers lose their last {tokens} tokens: their conversations are longer than {limit}.",
            len(rows),
        )
        yield Finding(
            self.kind,
            "warning",
            told.format(count=figure(len(rows)), tokens=figure(sum(tokens)), limit=figure(audited.limit)),
            _("Raise model.max_length, or shorten what comes before the answers."),
            placed(audited.rows[number][1] for number in rows),
            len(rows),
        )
