"""Rows whose label may be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from ...language import _, ngettext
from ...language import number as figure
from .base import NAMED, Audited, Check, Finding

__all__ = ["Suspects"]


class Suspects(Check):
    """Training rows whose label differs from what models that have not seen them are sure of."""

    kind: Literal["suspects"] = "suspects"
    of_labels: ClassVar[bool] = True

    def run(self, audited: Audited) -> Iterator[Finding]:
        found = audited.suspects()
        if not found:
            return
        first = found[0]
        yield Finding(
            self.kind,
            "note",
            ngettext(
                "{count} training row may have a wrong label: {where} is '{label}' and may be '{suggested}'.",
                "{count} training rows may have a wrong label, above all {where}: it is '{label}' and may be "
                "'{suggested}'.",
                len(found),
            ).format(
                count=figure(len(found)), where=first.where, label=first.label, suggested=first.suggested
            ),
            _("Go through them with 'afina clean DATA'."),
            tuple(str(each.where) for each in found[:NAMED]),
            len(found),
        )
