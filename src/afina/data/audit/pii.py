"""Personal data that a model should not learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from ...language import _, ngettext
from ...language import number as figure
from ..personal import masked, personal
from .base import Audited, Check, Finding, placed

__all__ = ["Pii"]


class Pii(Check):
    """Personal data: e-mail addresses, telephone, account, card and identity numbers."""

    kind: Literal["pii"] = "pii"

    def run(self, audited: Audited) -> Iterator[Finding]:
        counts: Counter[str] = Counter()
        first: dict[str, str] = {}
        rows = []
        for _split, example in audited.rows:
            found = list(personal(example.text))
            for kind, what in found:
                counts[kind] += 1
                first.setdefault(kind, masked(what))
            if found:
                rows.append(example)
        if not rows:
            return
        names = {
            "email": _("e-mail addresses"),
            "iban": _("bank accounts (IBAN)"),
            "card": _("payment cards"),
            "dni": _("Spanish identity numbers (DNI, NIE)"),
            "rut": _("Chilean identity numbers (RUT)"),
            "curp": _("Mexican identity codes (CURP)"),
            "ssn": _("social security numbers (US)"),
            "nit": _("Colombian tax numbers (NIT)"),
            "cedula": _("Colombian identity numbers (cédula)"),
            "phone": _("telephone numbers"),
        }
        told = "; ".join(
            f"{names[kind]} {figure(count)} ({first[kind]})" for kind, count in counts.most_common()
        )
        yield Finding(
            self.kind,
            "warning",
            ngettext(
                "{count} text seems to hold personal data: {kinds}.",
                "{count} texts seem to hold personal data: {kinds}.",
                len(rows),
            ).format(count=figure(len(rows)), kinds=told),
            _("Take them out unless you may use them: a model can repeat what it has learnt."),
            placed(rows),
            len(rows),
        )
