"""Texts that are almost the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ...language import _, ngettext
from ...language import number as figure
from .base import Audited, Check, Finding, paired

__all__ = ["NearDuplicates"]


class NearDuplicates(Check):
    """Texts that are almost the same on one side of the split."""

    kind: Literal["near_duplicates"] = "near_duplicates"

    threshold: float = Field(0.8, gt=0, le=1)
    """The least similarity, from 0 (nothing in common) to 1 (identical)."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        rows = audited.rows
        found = [(i, j) for i, j, _similarity in audited.near(self.threshold) if rows[i][0] == rows[j][0]]
        if found:
            yield Finding(
                self.kind,
                "note",
                ngettext(
                    "{count} pair of texts on the same side is almost the same.",
                    "{count} pairs of texts on the same side are almost the same.",
                    len(found),
                ).format(count=figure(len(found))),
                _("Look at some; copies of a template make data seem larger than they are."),
                paired((rows[i][1].where, rows[j][1].where) for i, j in found),
                len(found),
            )
