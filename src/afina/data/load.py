"""From files to a data set: read, labelled, cleaned and split, with every guess told."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from ..errors import DataError, Problem
from ..language import _, ngettext, number, share
from .clean import Clean
from .columns import Columns, categories, find_columns, find_text, require
from .example import LabelledText, Splits, Where
from .examples import Cleaned, examples_of
from .formats import Reading, Sheet
from .labels import LabelReader, guess_separator, is_missing, plain_label
from .language_of import UNSURE, language_of
from .read import complain, few, files_of, is_one, read, read_parts
from .split import Split, split
from .usable import check_labels, check_unknown
from .weak.settings import Weak

__all__ = [
    "Cleaned", "Columns", "Data", "Dataset", "Sheet", "columns_in", "fingerprint_of", "learnable", "limited",
    "load", "read_labelled", "read_texts", "sheets_of", "spoken", "told_of", "told_of_labels", "used",
    "values_of", "wanted",
]  # fmt: skip


class Data(Reading):
    """What the model learns from, and how it is read."""

    text: str | None = None
    """The column that holds the texts. If it is not given, it is found by its name or its content."""
    label: str | None = None
    """The column that holds the labels. If it is not given, it is found by its name or its content."""
    pair: str | None = None
    """The column of the second text, where rows are pairs of texts."""
    shape: str | None = None
    """How rows hold conversations, such as openai_chat or question_answer. If it is not given, the names of
    the columns tell."""
    group: str | None = None
    """A column whose value says which rows belong together, such as the sentences of one review: they stay
    on one side of a split."""
    weight: str | None = None
    """A column of numbers that say how much each row counts."""
    label_separator: str | None = None
    """What divides several labels in one cell, such as | in 'price|size'. If it is not given, it is
    guessed."""
    multi_label: bool | None = None
    """Whether a row may have several labels, or none. If it is not given, the data tell."""
    clean: Clean = Field(default_factory=Clean)
    """What is cleaned in each text."""
    split: Split = Field(default_factory=Split)
    """How rows are set aside for development and test."""
    weak: Weak = Field(default_factory=Weak)
    """Rules, annotators and models that label the training rows, or the YAML file that holds them."""
    limit: int | None = Field(None, ge=1)
    """Use only this many rows, drawn at random, for a quick trial. If it is not given, all are used."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data ready to be learnt from."""

    splits: Splits
    language: str
    """ISO 639-1 code of most texts, or ``und``."""
    notes: tuple[str, ...]
    """Everything that was guessed, a sentence each."""
    cleaned: tuple[Cleaned, ...]
    """The texts that cleaning changed."""
    dropped: tuple[Problem, ...]
    """The rows that were left out, and why."""
    fingerprint: str
    """SHA-256 over lines, texts, targets and groups of all splits."""
    columns: Columns | None = None
    """None where rows hold neither labelled texts nor documents."""
    labels: tuple[str, ...] = ()
    """Sorted, of the training rows."""
    multi_label: bool = False
    languages: tuple[str, str] | None = None
    """Of translations: the language of the texts, and that of what they become; ISO 639-1 or ``und``."""
    documents: tuple[str, ...] = ()
    """The collection, where something is searched."""
    beside: Mapping[str, Mapping[Where, str]] = field(default_factory=dict)
    """Column that is not used and has few values, in words -> what it says of each row to train on."""
    weak: Mapping[str, Any] | None = None
    """What is known of the functions that labelled the training rows; None where nothing but persons did."""


def load(settings: Data, seed: int) -> Dataset:
    """Reads, cleans and splits.

    Raises:
        DataError: with all that is wrong with the files, the columns and the rows.
        RecipeError: there is no such format.
    """
    sheets = sheets_of(settings)
    columns, guesses = find_columns(sheets["train"], wanted(settings))
    for sheet in sheets.values():
        require(sheet, used(columns))
    reader, told = _label_reader(sheets, columns, settings)
    parts = {side: examples_of(sheet, columns, reader, settings.clean) for side, sheet in sheets.items()}
    bad = [problem for part in parts.values() for problem in part.problems]
    if settings.bad_rows == "stop":
        complain(bad)
    rows = limited({side: part.examples for side, part in parts.items()}, settings.limit, seed)
    check_labels(rows["train"], str(sheets["train"].path), reader.multi_label, columns.label or "")
    splits = split(rows["train"], settings.split, seed, dev=rows.get("dev"), test=rows.get("test"))
    labels = tuple(sorted({label for example in splits.train for label in example.target or ()}))
    splits, unknown = learnable(splits, labels, settings)
    language, told_of_language = spoken(splits, seed)
    return Dataset(
        splits=splits,
        columns=columns,
        multi_label=reader.multi_label,
        labels=labels,
        beside=_beside(sheets["train"], columns),
        language=language,
        notes=(
            *dict.fromkeys(note for sheet in sheets.values() for note in sheet.notes),
            *guesses,
            *told,
            told_of_labels(labels, reader.multi_label),
            *told_of_language,
            *told_of(splits, settings, seed),
        ),
        cleaned=tuple(change for part in parts.values() for change in part.cleaned),
        dropped=(
            *(problem for sheet in sheets.values() for problem in sheet.problems),
            *bad,
            *(problem for part in parts.values() for problem in part.empty),
            *unknown,
        ),
        fingerprint=fingerprint_of(splits, values_of),
    )


def read_labelled(
    path: str | Path, settings: Data, columns: Columns, labels: Sequence[str], multi_label: bool
) -> tuple[LabelledText, ...]:
    """The rows of another file with the columns and labels of an earlier run. Rows without text are left out.

    Raises:
        DataError: with all that is wrong, labels that the run did not know among it.
    """
    sheet = read(path, settings)
    if columns.label is None:
        raise DataError(_("it is not known which column holds the labels."), where="data.label")
    require(sheet, {"data.text": columns.text, "data.label": columns.label})
    known = columns_in(sheet, columns)
    settings = settings.model_copy(update={"multi_label": multi_label})
    reader, _told = _label_reader({"": sheet}, known, settings)
    made = examples_of(sheet, known, reader, settings.clean)
    unknown = check_unknown(made.examples, labels)
    if settings.bad_rows == "stop":
        complain([*made.problems, *unknown.values()])
    kept = tuple(example for example in made.examples if example.where not in unknown)
    if not kept:
        raise DataError(few([*made.problems, *unknown.values(), *made.empty]))
    return kept


def columns_in(sheet: Sheet, columns: Columns) -> Columns:
    """The same columns without those of groups and weights that another sheet does not have."""
    return replace(
        columns,
        group=columns.group if columns.group in sheet.columns else None,
        weight=columns.weight if columns.weight in sheet.columns else None,
    )


def read_texts(path: str | Path, settings: Data, columns: Columns) -> tuple[Sheet, tuple[str, ...]]:
    """The rows of a file to predict, and the clean text of each; no label is needed.

    A file of one column works, and so does plain text with one text a line. A row without text keeps its
    place with an empty text.

    Raises:
        DataError: the file cannot be read, or it is not clear which column holds the texts.
    """
    sheet = _sheet_of_texts(path, settings, columns)
    name = find_text(sheet, columns.text)
    found = examples_of(sheet, Columns(name), None, settings.clean)
    if settings.bad_rows == "stop":
        complain(found.problems)
    texts = {example.where.line: example.text for example in found.examples}
    return sheet, tuple(texts.get(line, "") for line in sheet.lines)


def _sheet_of_texts(path: str | Path, settings: Data, columns: Columns) -> Sheet:
    plain = settings.format is None and str(path).lower().endswith(".txt")
    try:
        sheet = read(path, settings)
    except DataError:
        if not plain:
            raise
    else:
        if not plain or sheet.format != "csv" or columns.text in sheet.columns:
            return sheet
    # Commas in sentences looked like columns.
    return read(path, settings.model_copy(update={"format": "text"}))


def sheets_of(settings: Data, *, documents: bool = False) -> dict[str, Sheet]:
    """The sheet of each side that the person gave; ``train`` is always among them.

    Args:
        documents: whether a folder may hold texts in the place of files named after splits.
    """
    if settings.path is None:
        raise DataError(
            _("no data is given."), where="data.path", fix=_("Give a file or a folder, such as reviews.csv.")
        )
    path = Path(settings.path)
    if os.path.isdir(path) and not is_one(path, documents=documents):
        files = dict(files_of(path))
    else:
        files = {"": path}
    files |= {side: Path(own) for side in ("dev", "test") if (own := getattr(settings, side)) is not None}
    sheets: dict[str, Sheet] = {}
    problems: list[Problem] = []
    for side, file in files.items():
        try:
            found = {side: read(file, settings)} if side else read_parts(file, settings)
        except DataError as error:
            problems += error.problems
            continue
        sheets |= {name or "train": sheet for name, sheet in found.items()}
    if problems:
        raise DataError(problems)
    return sheets


def wanted(settings: Data) -> dict[str, str | None]:
    """Role -> the column that the person named for it, or None."""
    return {
        "text": settings.text,
        "label": settings.label,
        "group": settings.group,
        "weight": settings.weight,
        "pair": settings.pair,
    }


def used(columns: Columns) -> dict[str, str]:
    """Setting -> the column that it names, of all that are used."""
    named = {f"data.{role}": getattr(columns, role) for role in ("text", "label", "group", "weight", "pair")}
    return {setting: name for setting, name in named.items() if name is not None}


def _beside(sheet: Sheet, columns: Columns) -> dict[str, dict[Where, str]]:
    return {
        name: {
            Where(str(sheet.path), line): plain_label(row[name])
            for row, line in zip(sheet.rows, sheet.lines, strict=True)
            if not is_missing(row.get(name))
        }
        for name in categories(sheet, used(columns).values())
    }


def _label_reader(
    sheets: Mapping[str, Sheet], columns: Columns, settings: Data
) -> tuple[LabelReader, tuple[str, ...]]:
    """How label cells are read, and a sentence when that was guessed."""
    multi_label, separator = settings.multi_label, settings.label_separator
    if multi_label is False:
        return LabelReader(False), ()
    if separator is not None:
        return LabelReader(True, separator), ()
    cells = [row.get(columns.label or "") for sheet in sheets.values() for row in sheet.rows]
    if any(LabelReader.is_list(cell) for cell in cells):
        return LabelReader(True), (_("Rows can have several labels: the label cells are lists."),)
    separator = guess_separator(cells)
    if separator is None:
        return LabelReader(bool(multi_label)), ()
    told = _("Rows can have several labels, divided by '{separator}'. If not, set data.multi_label=false.")
    return LabelReader(True, separator), (told.format(separator=separator),)


def limited(rows: dict[str, list[Any]], limit: int | None, seed: int) -> dict[str, list[Any]]:
    """A sample of ``limit`` rows in all; every side keeps its share."""
    total = sum(map(len, rows.values()))
    if limit is None or limit >= total:
        return rows
    generator = random.Random(seed)
    sample = {}
    for side, examples in rows.items():
        count = min(len(examples), max(1, round(limit * len(examples) / total)))
        sample[side] = [examples[n] for n in sorted(generator.sample(range(len(examples)), count))]
    return sample


def learnable(splits: Splits, labels: Sequence[str], settings: Data) -> tuple[Splits, tuple[Problem, ...]]:
    """Only rows whose labels can be learnt. Raises DataError for others, unless they are to be skipped."""
    unknown = check_unknown((*splits.dev, *splits.test), labels)
    # In a sample of the rows it is no fault of the data that a label is rare.
    if settings.bad_rows == "stop" and settings.limit is None:
        complain(list(unknown.values()))
    dev, test = (
        tuple(example for example in side if example.where not in unknown)
        for side in (splits.dev, splits.test)
    )
    for name, side in (("dev", dev), ("test", test)):
        if not side:
            raise DataError(_("no usable rows are left in {side}.").format(side=name), where="data.path")
    return Splits(splits.train, dev, test), tuple(unknown.values())


def told_of_labels(labels: Sequence[str], multi_label: bool) -> str:
    """A sentence on what is to be learnt."""
    if multi_label:
        task = ngettext(
            "The task is to find which of {count} label applies; several may.",
            "The task is to find which of {count} labels apply; several may.",
            len(labels),
        )
    else:
        task = ngettext(
            "The task is to tell {count} class apart: {labels}.",
            "The task is to tell {count} classes apart: {labels}.",
            len(labels),
        )
    names = ", ".join(labels[:8]) + (", …" if len(labels) > 8 else "")
    return task.format(count=len(labels), labels=names)


def spoken(splits: Splits, seed: int) -> tuple[str, list[str]]:
    """The language of most training texts, and a sentence that says so."""
    language, part = language_of([example.text for example in splits.train], seed)
    if language == UNSURE:
        return language, [_("The language of the texts is not clear.")]
    told = _("The language of most texts is '{language}' ({share} of those looked at).")
    return language, [told.format(language=language, share=share(part))]


def told_of(splits: Splits, settings: Data, seed: int) -> list[str]:
    """A sentence each on the sizes of the splits."""
    notes = []
    if settings.limit is not None:
        notes.append(
            _("Only a sample of {limit} rows is used (data.limit).").format(limit=number(settings.limit))
        )
    sizes = _("{train} rows to train on, {dev} for development, {test} for the test (seed {seed}).")
    sides = {name: number(len(side)) for name, side in splits.items()}
    notes.append(sizes.format(**sides, seed=seed))
    return notes


def fingerprint_of(splits: Splits, values: Callable[[Any], list[Any]]) -> str:
    """SHA-256 over the side and the line of every example, and its ``values``."""
    digest = hashlib.sha256()
    for side, examples in splits.items():
        for example in examples:
            row = [side, example.where.line, *values(example)]
            digest.update(json.dumps(row, ensure_ascii=True, default=str).encode() + b"\n")
    return digest.hexdigest()


def values_of(example: LabelledText) -> list[Any]:
    """What makes up a labelled text, for the fingerprint."""
    target = sorted(example.target.items()) if example.target is not None else None
    return [example.text, target, example.group]
