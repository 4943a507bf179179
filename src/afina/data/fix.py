"""What can be mended in data without asking: each change is told, and none decides what a label should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..errors import DataError
from ..language import _
from ..section import Section
from .changes import Change
from .clean import Clean
from .conversation import Passage
from .example import Example, LabelledText, RatedText, TaggedText
from .formats import Sheet
from .labels import guess_separator, plain_label, spellings
from .load import Data, Dataset
from .mojibake import repaired
from .near_duplicates import normal_form

__all__ = ["Fix", "Fixed", "fixed"]

_SIDES = ("train", "dev", "test")


class Fix(Section):
    """What 'afina check --fix' mends."""

    place: ClassVar[str] = "audit.fix"

    contradictions: Literal["keep", "remove"] = "keep"
    """What becomes of rows with the same text and different labels: they stay and are named, or all of them
    are taken out."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is to be changed."""

    changes: tuple[Change, ...]
    contradictions: tuple[tuple[str, ...], ...]
    """The places of rows with the same text and different answers that stay."""


def fixed(dataset: Dataset, sheets: Mapping[str, Sheet], settings: Data, fix: Fix) -> Fixed:
    """What is to be changed.

    Spoilt letters are repaired, texts cleaned and labels spelt in one way. Rows that cannot be used are taken
    out, and so are copies: of a text that is also in the test split, those in the other splits.

    Args:
        dataset: as it was read from the sheets, all of it.
        sheets: split -> rows.

    Raises:
        DataError: the data are questions and documents, whose rows belong together.
    """
    examples = [example for _side, split in dataset.splits.items() for example in split]
    if not all(isinstance(e, LabelledText | RatedText | TaggedText | Passage) for e in examples):
        raise DataError(
            _("questions and their documents are not mended: their rows belong together."),
            where=str(settings.path),
        )
    passages = isinstance(examples[0], Passage)
    letters = settings.clean.model_copy(update={"whitespace": False, "html": False})
    texts: dict[str, list[Any]] = {}
    changes = [Change(p.where, None, "unusable", because=p.what) for p in dataset.dropped]
    spelt = _spelt(dataset)
    separator = _separator(sheets, dataset, settings)
    for sheet in sheets.values():
        for row, line in zip(sheet.rows, sheet.lines, strict=True):
            place = f"{sheet.path}:{line}"
            for column in _text_columns(dataset, sheet):
                made, text = _mended(row.get(column), letters if passages else settings.clean)
                changes += [Change(place, column, *change) for change in made]
                texts.setdefault(place, []).append(text)
            if spelt and dataset.columns is not None and dataset.columns.label is not None:
                before = row.get(dataset.columns.label)
                after = _relabelled(before, spelt, separator)
                if after != before:
                    changes.append(Change(place, dataset.columns.label, "label", before, after))
    by_place = {str(example.where): example for example in examples}
    same: dict[str, list[tuple[str, Example]]] = {}
    for side in sorted(sheets, key=_SIDES.index):
        # By the files: a split that Afina draws itself leaves no copies on two sides.
        for line in sheets[side].lines:
            example = by_place.get(f"{sheets[side].path}:{line}")
            if example is not None:
                whole = texts[str(example.where)] if dataset.columns is not None else [repaired(example.text)]
                same.setdefault(normal_form("\n".join(map(str, whole))), []).append((side, example))
    kept: list[tuple[str, ...]] = []
    for members in same.values():
        removed, contradicting = _copies(members, spelt)
        changes += removed
        if contradicting and fix.contradictions == "remove":
            changes += [Change(place, None, "contradiction") for place in contradicting]
        elif contradicting:
            kept.append(contradicting)
    return Fixed(tuple(changes), tuple(kept))


def _text_columns(dataset: Dataset, sheet: Sheet) -> list[str]:
    """The columns whose letters are mended: those of texts, or all where rows are conversations."""
    columns = dataset.columns
    if columns is None:
        return list(sheet.columns)
    # What a translation becomes is in the column of the labels.
    named = (columns.text, columns.pair, None if dataset.labels else columns.label)
    return [name for name in named if name is not None]


def _mended(value: Any, clean: Clean) -> tuple[list[tuple[str, Any, Any]], Any]:
    """(what, before, after) of every change to a cell, and what it holds in the end."""
    changes = []
    better = _repaired(value)
    if better != value:
        changes.append(("encoding", value, better))
    if isinstance(better, str):
        text, steps = clean.apply(better)
        if steps and text:
            changes.append((", ".join(steps), better, text))
            better = text
    return changes, better


def _repaired(value: Any) -> Any:
    """Texts in lists and objects likewise."""
    if isinstance(value, str):
        return repaired(value)
    if isinstance(value, list):
        return [_repaired(part) for part in value]
    if isinstance(value, dict):
        return {name: _repaired(part) for name, part in value.items()}
    return value


def _spelt(dataset: Dataset) -> dict[str, str]:
    """Label -> its most frequent spelling, of labels that have several."""
    rows = (example for _side, split in dataset.splits.items() for example in split)
    several = spellings(Counter(label for example in rows for label in example.target or ()))
    return {label: labels[0] for labels in several for label in labels[1:]}


def _separator(sheets: Mapping[str, Sheet], dataset: Dataset, settings: Data) -> str | None:
    """What divides labels in a cell."""
    if not dataset.multi_label or dataset.columns is None:
        return None
    name = dataset.columns.label or ""
    return settings.label_separator or guess_separator(
        row.get(name) for sheet in sheets.values() for row in sheet.rows
    )


def _relabelled(cell: Any, spelt: Mapping[str, str], separator: str | None) -> Any:
    if isinstance(cell, list):
        return list(dict.fromkeys(_relabelled(part, spelt, None) for part in cell))
    if isinstance(cell, str) and separator is not None:
        return separator.join(dict.fromkeys(_relabelled(part, spelt, None) for part in cell.split(separator)))
    return spelt.get(plain_label(cell), cell) if isinstance(cell, str) else cell


def _copies(
    members: list[tuple[str, Example]], spelt: Mapping[str, str]
) -> tuple[list[Change], tuple[str, ...]]:
    """The rows of one text that are taken out, and those that stay and contradict each other."""
    # The test split is what results are told of: it stays whole.
    keep = max((side for side, _example in members), key=_SIDES.index)
    firsts: dict[object, str] = {}
    removed = []
    for side, example in members:
        place, answer = str(example.where), _answer(example, spelt)
        if side == keep and answer in firsts:
            removed.append(Change(place, None, "duplicate", _text(example), because=firsts[answer]))
        elif side == keep:
            firsts[answer] = place
    first = next(iter(firsts.values()))
    for side, example in members:
        if side != keep:
            removed.append(Change(str(example.where), None, "leakage", _text(example), because=first))
    return removed, tuple(firsts.values()) if len(firsts) > 1 else ()


def _text(example: Any) -> str:
    return str(example.text)


def _answer(example: Example, spelt: Mapping[str, str]) -> object:
    """What belongs to a text, apart from how labels are spelt."""
    if isinstance(example, LabelledText):
        return tuple(sorted((spelt.get(name, name), share) for name, share in (example.target or {}).items()))
    if isinstance(example, RatedText):
        return example.value
    return example.tags if isinstance(example, TaggedText) else None
