"""Rows that were left out, and texts without a letter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ...language import _, ngettext
from ...language import number as figure
from .base import NAMED, Audited, Check, Finding, placed

__all__ = ["Empty"]


class Empty(Check):
    """Rows that were left out, and texts without a single letter or digit."""

    kind: Literal["empty"] = "empty"

    def run(self, audited: Audited) -> Iterator[Finding]:
        if count := len(audited.dropped):
            yield Finding(
                self.kind,
                "note",
                ngettext(
                    "{count} row was left out because it has no text or cannot be used.",
                    "{count} rows were left out because they have no text or cannot be used.",
                    count,
                ).format(count=figure(count)),
                _("Correct these rows if they matter."),
                tuple(problem.where for problem in audited.dropped[:NAMED]),
                count,
            )
        bare = [example for _split, example in audited.rows if not any(map(str.isalnum, example.text))]
        if bare:
            yield Finding(
                self.kind,
                "note",
                ngettext(
                    "{count} text has no letter and no digit.",
                    "{count} texts have no letter and no digit.",
                    len(bare),
                ).format(count=figure(len(bare))),
                _("Remove them if they carry no meaning; an emoji may carry one."),
                placed(bare),
                len(bare),
            )
