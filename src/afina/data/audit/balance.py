"""How the rows are spread over the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from ...language import _, ngettext
from ...language import number as figure
from ..names import split_name
from .base import Audited, Check, Finding, placed

__all__ = ["Balance"]


class Balance(Check):
    """Labels with few rows, labels missing from a side, and labels that outnumber the others."""

    kind: Literal["balance"] = "balance"
    of_labels: ClassVar[bool] = True

    least: int = Field(10, ge=1)
    """A label with fewer training rows than this can hardly be learnt."""
    ratio: float = Field(10.0, gt=1)
    """How many times the rows of the rarest label the most frequent one may have."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        counts = {
            name: Counter(label for example in side for label in example.labels)
            for name, side in audited.splits.items()
        }
        train = counts["train"]
        small = sorted(
            (label for label in train if train[label] < self.least), key=lambda label: train[label]
        )
        if small:
            told = ", ".join(f"'{label}' ({train[label]})" for label in small[:8])
            yield Finding(
                self.kind,
                "warning",
                ngettext(
                    "{count} label has fewer than {least} training rows: {labels}.",
                    "{count} labels have fewer than {least} training rows: {labels}.",
                    len(small),
                ).format(count=figure(len(small)), least=self.least, labels=_more(told, len(small) - 8)),
                _("Add rows with these labels, or join labels that mean nearly the same."),
                placed(e for e in audited.splits.train if e.labels.intersection(small)),
                sum(train[label] for label in small),
            )
        for name in ("dev", "test"):
            absent = sorted(set(train) - set(counts[name]))
            if absent and counts[name]:
                told = ", ".join(f"'{label}'" for label in absent[:8])
                yield Finding(
                    self.kind,
                    "warning",
                    ngettext(
                        "{count} label has no rows in {side}, so nothing is known of how well it is found: "
                        "{labels}.",
                        "{count} labels have no rows in {side}, so nothing is known of how well they are "
                        "found: {labels}.",
                        len(absent),
                    ).format(
                        count=figure(len(absent)), side=split_name(name), labels=_more(told, len(absent) - 8)
                    ),
                    _("Add rows with these labels."),
                    (),
                    len(absent),
                )
        most, fewest = max(train.values(), default=0), min(train.values(), default=0)
        if fewest and most / fewest > self.ratio:
            yield Finding(
                self.kind,
                "note",
                _(
                    "The most frequent label, '{most}', has {times} times the rows of '{least}', the rarest."
                ).format(
                    most=max(train, key=train.__getitem__),
                    times=figure(most / fewest),
                    least=min(train, key=train.__getitem__),
                ),
                _("Look at macro-F1, which counts all labels alike; class weights may help the rare ones."),
                (),
                len(train),
            )


def _more(told: str, others: int) -> str:
    return f"{told}, …" if others > 0 else told
