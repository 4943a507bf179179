"""Cells as targets: one label, several labels, or a probability for each."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..language import _, figures
from ..section import shown
from .names import folded

__all__ = [
    "BadCell",
    "LabelReader",
    "guess_separator",
    "is_missing",
    "plain_label",
    "spellings",
    "structured",
]

_MISSING = frozenset({"", "nan", "NaN", "NAN", "null", "NULL", "None", "N/A", "n/a", "NA", "#N/A", "<NA>"})
_WHOLE = re.compile(r"(-?\d+)\.0+")
SEPARATORS = ("|", ";", ",")


class BadCell(ValueError):
    """A cell that cannot be used; the message is a sentence."""


def is_missing(value: object) -> bool:
    """Whether a cell says that there is nothing in it."""
    if isinstance(value, str):
        return value.strip() in _MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def plain_label(value: object) -> str:
    """One label as text: without spaces around it; ``1.0`` and ``1`` are the same label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = " ".join(str(value).split())
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def spellings(counts: Mapping[str, int]) -> list[list[str]]:
    """Labels that differ only in case, accents and punctuation, the most frequent one of each first.

    Args:
        counts: label -> its rows.
    """
    found: dict[str, list[str]] = {}
    for label in sorted(counts, key=lambda label: -counts[label]):
        found.setdefault(folded(label), []).append(label)
    return [labels for labels in found.values() if len(labels) > 1]


def guess_separator(cells: Iterable[object]) -> str | None:
    """What divides several labels in one cell, or None when cells hold one label each.

    A character is taken for a separator when cutting at it leaves fewer distinct labels than there are
    distinct cells, and every label so found is short and stands in at least two rows.
    """
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and not is_missing(cell)]
    for separator in SEPARATORS:
        cut = [[part.strip() for part in text.split(separator)] for text in texts]
        several = [parts for parts in cut if len(parts) > 1]
        if len(several) < 2:
            continue
        counts = Counter(part for parts in cut for part in set(parts))
        found = {part for parts in several for part in parts}
        tidy = all(part and counts[part] > 1 and len(part.split()) <= 4 for part in found)
        if tidy and len(counts) < len(set(texts)):
            return separator
    return None


@dataclass(frozen=True, slots=True)
class LabelReader:
    """How the cells of the label column are read."""

    multi_label: bool
    separator: str | None = None

    def __call__(self, cell: object) -> Mapping[str, float]:
        """label -> probability. Raises BadCell."""
        value = structured(cell)
        if self.multi_label and isinstance(value, str) and not value.strip():
            # An empty cell is how a table says that none of the labels applies.
            return {}
        if is_missing(value):
            raise BadCell(_("this row has no label."))
        if isinstance(value, Mapping):
            return self._soft(value)
        if isinstance(value, (list, tuple)):
            return self._several(value)
        if not isinstance(value, (str, int, float, bool)):
            raise BadCell(_("this is not a label: {value}.").format(value=shown(value)))
        if isinstance(value, float) and not math.isfinite(value):
            raise BadCell(_("this is not a label: {value}.").format(value=shown(value)))
        if self.separator and isinstance(value, str) and self.multi_label:
            return self._several([part for part in value.split(self.separator) if part.strip()])
        return {plain_label(value): 1.0}

    def _several(self, parts: Sequence[object]) -> Mapping[str, float]:
        for part in parts:
            if is_missing(part) or not isinstance(part, (str, int, float, bool)):
                raise BadCell(_("this is not a label: {value}.").format(value=shown(part)))
        labels = sorted({plain_label(part) for part in parts})
        if not self.multi_label and len(labels) != 1:
            raise BadCell(_("one label is needed (got {value}).").format(value=shown(list(parts))))
        return dict.fromkeys(labels, 1.0)

    def _soft(self, value: Mapping[object, object]) -> Mapping[str, float]:
        # Parquet gives every row all the keys, None where a row has none.
        given = {plain_label(label): share for label, share in value.items() if share is not None}
        shares: dict[str, float] = {}
        for label, share in given.items():
            if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise BadCell(
                    _("the probability of label {label} must be from 0 to 1 (got {value}).").format(
                        label=shown(label), value=shown(share)
                    )
                )
            if share > 0:
                shares[label] = float(share)
        total = math.fsum(shares.values())
        if self.multi_label:
            return shares
        if abs(total - 1.0) > 1e-3:
            raise BadCell(
                _("the probabilities of the labels must sum to 1 (they sum to {total}).").format(
                    total=figures(total, 3)
                )
            )
        return {label: share / total for label, share in shares.items()}

    @staticmethod
    def is_list(cell: object) -> bool:
        """Whether a cell holds a list of labels, itself or as JSON."""
        return isinstance(structured(cell), (list, tuple))


def structured(cell: object) -> object:
    """A list or an object written as JSON in a cell of a table."""
    if isinstance(cell, str) and cell.strip()[:1] in ("[", "{"):
        try:
            value = json.loads(cell)
        except (ValueError, RecursionError):
            return cell
        return value if isinstance(value, (list, dict)) else cell
    return cell
