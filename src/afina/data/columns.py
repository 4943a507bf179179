"""Which column holds the text and which the label: by name, else by content."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ..errors import DataError, Problem
from ..language import _
from ..section import near_miss, shown
from .formats import Sheet
from .labels import is_missing, plain_label
from .names import GROUP_NAMES, LABEL_NAMES, NUMBER_NAMES, TEXT_NAMES, WEIGHT_NAMES, folded
from .shapes import SHAPES

__all__ = ["Columns", "categories", "find_columns", "find_text", "lacking", "number_in", "require"]

#: Rows looked at to judge a column by its content.
SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the data are used, by name."""

    text: str
    label: str | None = None
    group: str | None = None
    weight: str | None = None
    pair: str | None = None
    """That of the second text, where rows are pairs."""


def find_columns(
    sheet: Sheet, wanted: Mapping[str, str | None], *, numbers: bool = False
) -> tuple[Columns, tuple[str, ...]]:
    """The columns, and a sentence for each that had to be guessed.

    Args:
        wanted: role (text, label, group, weight, pair) -> the column the person named, or None.
        numbers: whether labels are numbers instead of classes.

    Raises:
        DataError: a named column does not exist, or it is not clear which column is meant.
    """
    require(sheet, {f"data.{role}": name for role, name in wanted.items() if name is not None})
    if len(sheet.columns) < 2:
        raise DataError(
            _("there is one column, {name}, where a text and a label are needed.").format(
                name=shown(sheet.columns[0])
            ),
            where=str(sheet.path),
            fix=_talks(sheet) or _elsewhere(sheet),
        )
    taken = [name for name in wanted.values() if name is not None]
    text, label = wanted["text"], wanted["label"]
    names, may_be, fits = LABEL_NAMES, _may_be_label, _is_label
    if numbers:
        names, may_be, fits = NUMBER_NAMES, _are_numbers, _are_numbers
    notes = []
    # The column that is known by its name is taken first: the other one is then sought among the rest.
    if label is None:
        label = _by_name(sheet, names, may_be, taken, "label")
        taken += [label] if label else []
        if label:
            notes.append(_("The labels are in the column '{name}', by its name.").format(name=label))
    if text is None:
        text = _by_name(sheet, TEXT_NAMES, _may_be_text, taken, "text")
        how = _("The texts are in the column '{name}', by its name.")
        if text is None:
            text = _by_content(sheet, _is_text, taken, "text")
            how = _("The texts are in the column '{name}', by its content.")
        taken.append(text)
        notes.append(how.format(name=text))
    if label is None:
        label = _by_content(sheet, fits, taken, "label")
        taken.append(label)
        notes.append(_("The labels are in the column '{name}', by its content.").format(name=label))
    group, weight = wanted["group"], wanted["weight"]
    if group is None:
        group = next((c for c in sheet.columns if folded(c) in GROUP_NAMES and c not in taken), None)
        if group:
            told = _("Rows of the same '{name}' stay on one side of a split.")
            notes.append(told.format(name=group))
    if weight is None:
        weight = next((c for c in sheet.columns if folded(c) in WEIGHT_NAMES and c not in taken), None)
        if weight:
            notes.append(_("Rows weigh what the column '{name}' says.").format(name=weight))
    return Columns(text, label, group, weight, wanted.get("pair")), tuple(notes)


def find_text(sheet: Sheet, text: str) -> str:
    """The column of the texts in a file to predict: ``text`` if it is there, else guessed.

    Raises:
        DataError: it is not clear which column is meant.
    """
    if text in sheet.columns:
        return text
    if len(sheet.columns) == 1:
        return sheet.columns[0]
    named = _by_name(sheet, TEXT_NAMES, _may_be_text, [], "text")
    return named or _by_content(sheet, _is_text, [], "text")


def categories(sheet: Sheet, but: Collection[str]) -> tuple[str, ...]:
    """The columns of few different values in words, such as where a text comes from."""
    return tuple(
        name
        for name in sheet.columns
        if name not in but
        and all(isinstance(value, str) and not _numeric(value) for value in _values(sheet, name))
        and _is_label(_values(sheet, name))
    )


def lacking(sheet: Sheet, names: Mapping[str, str]) -> list[Problem]:
    """A problem for every setting whose column the sheet does not have."""
    return [
        Problem(
            _("{path} has no column {name}.").format(path=sheet.path, name=shown(name)),
            setting,
            near_miss(name, sheet.columns),
        )
        for setting, name in names.items()
        if name not in sheet.columns
    ]


def require(sheet: Sheet, names: Mapping[str, str]) -> None:
    """Raises DataError for every setting whose column the sheet does not have."""
    problems = lacking(sheet, names)
    if problems:
        raise DataError(problems)


def _by_name(
    sheet: Sheet,
    tiers: Sequence[frozenset[str]],
    plausible: Callable[[list[object]], bool],
    taken: Sequence[str],
    role: str,
) -> str | None:
    for tier in tiers:
        found = [
            name
            for name in sheet.columns
            if name not in taken and folded(name) in tier and plausible(_values(sheet, name))
        ]
        if len(found) > 1:
            raise _unclear(sheet, found, role)
        if found:
            return found[0]
    return None


def _by_content(sheet: Sheet, fits: Callable[[list[object]], bool], taken: Sequence[str], role: str) -> str:
    found = [name for name in sheet.columns if name not in taken and fits(_values(sheet, name))]
    if len(found) != 1:
        raise _unclear(sheet, found, role)
    return found[0]


def _unclear(sheet: Sheet, found: Sequence[str], role: str) -> DataError:
    if found:
        what = {
            "text": _("several columns could hold the texts: {names}."),
            "label": _("several columns could hold the labels: {names}."),
        }[role].format(names=", ".join(f"'{name}'" for name in found))
    else:
        what = {
            "text": _("no column seems to hold texts; there are {names}."),
            "label": _("no column seems to hold labels; there are {names}."),
        }[role].format(names=", ".join(f"'{name}'" for name in sheet.columns))
    fix = _talks(sheet) or _("Say which one with data.{role}.").format(role=role)
    return DataError(what, where=str(sheet.path), fix=fix)


def _elsewhere(sheet: Sheet) -> str:
    """Where a second column may be."""
    if sheet.format == "xlsx":
        return _("If the rows are in another sheet, set data.sheet.")
    return _("If the columns are divided by something unusual, set data.delimiter.")


def _talks(sheet: Sheet) -> str:
    """What to do where the rows are conversations or tagged words; empty where they are not."""
    if sheet.format == "conll":
        return _("These look like words with tags: to learn the tags, add --task tag.")
    if any(SHAPES.make(kind).fits(sheet.columns) for kind in SHAPES):
        return _("These look like conversations: to learn the answers, add --task generate.")
    return ""


def _values(sheet: Sheet, name: str) -> list[object]:
    return [value for row in sheet.rows[:SAMPLE] if not is_missing(value := row.get(name))]


def _may_be_text(values: list[object]) -> bool:
    """A column called 'review' may hold the number of a review."""
    return not values or sum(isinstance(v, str) and not _numeric(v) for v in values) > 0.5 * len(values)


def _may_be_label(values: list[object]) -> bool:
    # A column of long texts that all differ is no label, whatever its name.
    return not _is_text(values)


def _is_text(values: list[object]) -> bool:
    """Mostly distinct strings of several words."""
    texts = [value for value in values if isinstance(value, str)]
    if not texts or len(texts) < 0.9 * len(values):
        return False
    wordy = sum(len(text.split()) >= 3 for text in texts) >= 0.5 * len(texts)
    return wordy and len(set(texts)) > 0.5 * len(texts)


def _is_label(values: list[object]) -> bool:
    """Few distinct short values that repeat."""
    if not values or not all(isinstance(value, (str, bool, int, float, list, dict)) for value in values):
        return False
    if any(isinstance(value, (list, dict)) for value in values):
        return all(isinstance(value, dict) for value in values) or all(
            isinstance(value, list) and all(isinstance(part, str) for part in value) for value in values
        )
    labels = [plain_label(value) for value in values]
    distinct = set(labels)
    short = max(map(len, distinct)) <= 60
    return short and 2 <= len(distinct) <= max(2, len(labels) // 3)


def _are_numbers(values: list[object]) -> bool:
    """Mostly numbers; those with a decimal comma are meant to be some, and are told row by row."""
    plain = [value.replace(",", ".") if isinstance(value, str) else value for value in values]
    return bool(values) and sum(number_in(v) is not None for v in plain) > 0.8 * len(values)


def _numeric(text: str) -> bool:
    return number_in(text) is not None


def number_in(value: object) -> float | None:
    """The finite number that a cell holds, or None."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
