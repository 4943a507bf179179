"""Labels that differ only in case, accents or punctuation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Literal

from ...language import _, ngettext
from ...language import number as figure
from ..labels import spellings
from .base import Audited, Check, Finding, placed

__all__ = ["LabelVariants"]


class LabelVariants(Check):
    """Labels that are probably the same one, spelt in two ways."""

    kind: Literal["label_variants"] = "label_variants"
    of_labels: ClassVar[bool] = True

    def run(self, audited: Audited) -> Iterator[Finding]:
        counts = Counter(label for _split, example in audited.rows for label in example.target or ())
        several = spellings(counts)
        if not several:
            return
        rare = {label for labels in several for label in labels[1:]}
        rows = [example for _split, example in audited.rows if rare & set(example.target or ())]
        told = "; ".join(" = ".join(f"'{label}'" for label in labels) for labels in several[:5])
        yield Finding(
            self.kind,
            "warning",
            ngettext(
                "{count} label is probably spelt in several ways: {labels}.",
                "{count} labels are probably spelt in several ways: {labels}.",
                len(several),
            ).format(count=figure(len(several)), labels=told),
            _(
                "Spell each label in one way, by hand or with 'afina check DATA --fix': these are learnt as "
                "different classes."
            ),
            placed(rows),
            len(rows),
        )
