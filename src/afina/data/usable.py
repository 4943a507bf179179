"""Whether labelled rows are enough to learn from."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import DataError, Problem
from ..language import _, ngettext
from ..section import near_miss, shown
from .example import LabelledText, Where

__all__ = ["check_enough", "check_labels", "check_unknown"]

LEAST_ROWS = 10
#: More different numbers than this, when many rows hold one of their own, are a quantity.
MANY_NUMBERS = 20


def check_enough(examples: Sequence[Any], where: str, fix: str = "") -> None:
    """Raises DataError when there are too few rows to learn from."""
    if len(examples) < LEAST_ROWS:
        what = ngettext(
            "there is {count} usable row, and at least {least} are needed.",
            "there are {count} usable rows, and at least {least} are needed.",
            len(examples),
        )
        raise DataError(what.format(count=len(examples), least=LEAST_ROWS), where=where, fix=fix)


def check_labels(examples: Sequence[LabelledText], where: str, multi_label: bool, column: str) -> None:
    """Raises DataError when nothing could be learnt, with what would be needed."""
    check_enough(examples, where, _("A few dozen rows for each label are a good start."))
    counts = Counter(label for example in examples for label in example.target or ())
    kinds = {tuple(sorted((example.target or {}).items())) for example in examples}
    if len(kinds) < 2:
        raise DataError(
            _("every row has the same label, {label}, and at least two labels are needed.").format(
                label=shown(", ".join(counts))
            ),
            where=where,
            fix=_("If this is the wrong column ('{column}'), set data.label.").format(column=column),
        )
    if multi_label:
        return
    fix = _("If this is the wrong column, set data.label.")
    distinct = len(counts)
    if all(map(_is_number, counts)) and _is_quantity(counts, len(examples)):
        raise DataError(
            _("the column '{column}' holds {count} different numbers, not classes.").format(
                column=column, count=distinct
            ),
            where=where,
            fix=_(
                "To learn the numbers themselves, add --task regress. Or turn them into a few classes, such "
                "as low and high. {fix}"
            ).format(fix=fix),
        )
    if max(counts.values()) < 2:
        raise DataError(
            _("every row has a label of its own, and each label needs at least 2 rows."), where=where, fix=fix
        )
    if distinct > len(examples) // 2:
        raise DataError(
            _("the column '{column}' holds {count} different labels in {rows} rows.").format(
                column=column, count=distinct, rows=len(examples)
            ),
            where=where,
            fix=_("Each label needs at least 2 rows. {fix}").format(fix=fix),
        )


def check_unknown(examples: Iterable[LabelledText], labels: Sequence[str]) -> dict[Where, Problem]:
    """The rows with a label that is not among ``labels``, and a sentence for each."""
    known = set(labels)
    found = {}
    for example in examples:
        unknown = next((label for label in example.target or () if label not in known), None)
        if unknown is not None:
            few = labels if len(labels) <= 20 else difflib.get_close_matches(unknown, labels, 1)
            what = _("the label {label} does not occur in the training rows.").format(label=shown(unknown))
            found[example.where] = Problem(what, str(example.where), near_miss(unknown, few))
    return found


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def _is_quantity(counts: Counter[str], rows: int) -> bool:
    whole = all(label.lstrip("-").isdigit() for label in counts)
    return len(counts) > MANY_NUMBERS and (not whole or len(counts) > rows / 10)
