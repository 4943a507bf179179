"""From files to sentences whose every word has a tag; with every guess told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import DataError, Problem
from ..language import _, ngettext
from ..section import shown
from .columns import Columns, require
from .example import TaggedText, Where
from .examples import Made, weight_in
from .formats import Sheet
from .labels import BadCell, is_missing, plain_label
from .load import Data, Dataset, columns_in, fingerprint_of, limited, sheets_of, spoken, told_of, used
from .names import GROUP_NAMES, WEIGHT_NAMES, folded
from .read import complain, few, read
from .split import split
from .tags import in_bio, marks_spans
from .usable import check_enough

__all__ = ["load_tagged", "read_tagged", "words_in"]

_WORDS = frozenset({"words", "tokens", "palabras"})
_TAGS = frozenset({"tags", "ner tags", "pos tags", "labels", "etiquetas"})


def load_tagged(settings: Data, seed: int) -> Dataset:
    """Reads and splits. Words are left as they are: cleaning could join or divide them.

    Raises:
        DataError: with all that is wrong with the files, the columns and the rows.
        RecipeError: there is no such format.
    """
    sheets = sheets_of(settings)
    columns = _columns(sheets["train"], settings)
    for sheet in sheets.values():
        require(sheet, used(columns))
    parts = {side: _tagged(sheet, columns) for side, sheet in sheets.items()}
    bad = [problem for part in parts.values() for problem in part.problems]
    if settings.bad_rows == "stop":
        complain(bad)
    where = str(sheets["train"].path)
    given = [example for part in parts.values() for example in part.examples]
    marked = marks_spans(tag for example in given for tag in example.tags)
    repaired = sum(_repair(part, marked) for part in parts.values())
    rows = limited({side: part.examples for side, part in parts.items()}, settings.limit, seed)
    check_enough(rows["train"], where)
    splits = split(rows["train"], settings.split, seed, dev=rows.get("dev"), test=rows.get("test"))
    labels = tuple(sorted({tag for example in splits.train for tag in example.tags}))
    if len(labels) < 2:
        raise DataError(
            _("every word has the same tag, {tag}, and at least two tags are needed.").format(
                tag=shown(", ".join(labels))
            ),
            where=where,
            fix=_("If this is the wrong column ('{column}'), set data.label.").format(column=columns.label),
        )
    language, told_of_language = spoken(splits, seed)
    return Dataset(
        splits=splits,
        columns=columns,
        labels=labels,
        language=language,
        notes=(
            *dict.fromkeys(note for sheet in sheets.values() for note in sheet.notes),
            *_told(columns, labels, marked, repaired),
            *told_of_language,
            *told_of(splits, settings, seed),
        ),
        cleaned=(),
        dropped=(
            *(problem for sheet in sheets.values() for problem in sheet.problems),
            *bad,
            *(problem for part in parts.values() for problem in part.empty),
        ),
        fingerprint=fingerprint_of(splits, lambda one: [one.words, one.tags, one.group]),
    )


def read_tagged(
    path: str | Path, settings: Data, columns: Columns, labels: Sequence[str]
) -> tuple[TaggedText, ...]:
    """The rows of another file with the columns of an earlier run, whose tags were ``labels``.

    Raises:
        DataError: with all that is wrong.
    """
    sheet = read(path, settings)
    known = columns_in(sheet, columns)
    require(sheet, used(known))
    made = _tagged(sheet, known)
    if settings.bad_rows == "stop":
        complain(made.problems)
    if not made.examples:
        raise DataError(few([*made.problems, *made.empty]))
    _repair(made, marks_spans(labels))
    return tuple(made.examples)


def words_in(row: Mapping[str, object], column: str) -> tuple[str, ...]:
    """The list of texts in a cell. Raises BadCell."""
    value = row.get(column)
    if is_missing(value):
        return ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(part, str) for part in value):
        raise BadCell(_("'{column}' must be a list of texts (got {value}).").format(
            column=column, value=shown(value)
        ))  # fmt: skip
    return tuple(value)


def _columns(sheet: Sheet, settings: Data) -> Columns:
    """Raises DataError where it is not clear which columns are meant."""
    named = {"data.text": settings.text, "data.label": settings.label, "data.group": settings.group,
             "data.weight": settings.weight}  # fmt: skip
    require(sheet, {setting: name for setting, name in named.items() if name is not None})
    text = settings.text or _known(sheet, _WORDS, "data.text")
    label = settings.label or _known(sheet, _TAGS, "data.label")
    group, weight = (
        given or next((name for name in sheet.columns if folded(name) in names), None)
        for given, names in ((settings.group, GROUP_NAMES), (settings.weight, WEIGHT_NAMES))
    )
    return Columns(text, label, group, weight)


def _known(sheet: Sheet, names: frozenset[str], setting: str) -> str:
    found = [name for name in sheet.columns if folded(name) in names]
    if len(found) == 1:
        return found[0]
    columns = ", ".join(f"'{name}'" for name in found or sheet.columns)
    what = (
        _("several columns could be meant: {names}.")
        if found
        else _("no column seems to hold a list of words or of their tags; there are {names}.")
    )
    raise DataError(
        what.format(names=columns),
        where=str(sheet.path),
        fix=_(
            "Give a CoNLL file, or rows with the lists 'words' and 'tags'; {setting} names the column."
        ).format(setting=setting),
    )


def _tagged(sheet: Sheet, columns: Columns) -> Made:
    made = Made()
    for row, line in zip(sheet.rows, sheet.lines):
        where = Where(str(sheet.path), line)
        try:
            words, tags = words_in(row, columns.text), words_in(row, columns.label or "")
            if len(words) != len(tags):
                told = _("this row has {words} words and {tags} tags.")
                raise BadCell(told.format(words=len(words), tags=len(tags)))
            wrong = next((tag for tag in tags if tag.split() != [tag]), None)
            if wrong is not None:
                raise BadCell(_("this is not a tag: {value}.").format(value=shown(wrong)))
            weight = weight_in(row, columns.weight)
        except BadCell as error:
            fix = _("Correct it, or leave such rows out with data.bad_rows=skip.")
            made.problems.append(Problem(str(error), str(where), fix))
            continue
        if not any(map(str.strip, words)):
            made.empty.append(Problem(_("this row has no text and is left out."), str(where)))
            continue
        group = row.get(columns.group) if columns.group else None
        made.examples.append(
            TaggedText(
                where=where, words=words, tags=tags, weight=weight,
                group=None if is_missing(group) else plain_label(group),
            )
        )  # fmt: skip
    return made


def _repair(made: Made, marked: bool) -> int:
    """Puts the tags into BIO form where they mark spans, and says how many did not say that one begins."""
    repaired = 0
    for number, example in enumerate(made.examples if marked else ()):
        tags, count = in_bio(example.tags)
        made.examples[number] = replace(example, tags=tags)
        repaired += count
    return repaired


def _told(columns: Columns, labels: Sequence[str], marked: bool, repaired: int) -> list[str]:
    told = [
        _("The words are in the column '{words}' and their tags in '{tags}'.").format(
            words=columns.text, tags=columns.label
        )
    ]
    kinds = sorted({tag[2:] if marked else tag for tag in labels if tag != "O"})
    task = (
        ngettext("The task is to find spans of {count} kind: {labels}.",
                 "The task is to find spans of {count} kinds: {labels}.", len(kinds))
        if marked
        else ngettext("The task is to tell {count} tag of single words apart: {labels}.",
                      "The task is to tell {count} tags of single words apart: {labels}.", len(kinds))
    )  # fmt: skip
    told.append(
        task.format(count=len(kinds), labels=", ".join(kinds[:8]) + (", …" if len(kinds) > 8 else ""))
    )
    if repaired:
        told.append(
            ngettext(
                "{count} tag such as I-X begins a span without saying so (IOB1, or a mistake), and is read "
                "as B-X.",
                "{count} tags such as I-X begin a span without saying so (IOB1, or mistakes), and are read "
                "as B-X.",
                repaired,
            ).format(count=repaired)
        )
    return told
