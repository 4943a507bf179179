"""From files to what language models learn from: conversations and plain texts, with every guess told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import DataError, Problem
from ..language import _
from .clean import Clean
from .conversation import Conversation, Passage, PlainText
from .example import Splits, Where
from .formats import Sheet
from .load import Data, Dataset, fingerprint_of, limited, sheets_of, spoken, told_of
from .names import TEXT_NAMES, folded
from .passages import ENDINGS, paragraphs, passages
from .read import complain, read
from .shapes import SHAPES, BadRow
from .shapes.base import pair, text_of
from .split import split
from .usable import check_enough

__all__ = ["Reader", "load_talks", "load_texts", "read_with", "reader_of", "talk"]

#: Documents from which a split keeps each on one side.
_MANY_DOCUMENTS = 10

#: Turns the values of a row into an example.
Reader = Callable[[Mapping[str, Any], Where], Passage]


def load_texts(settings: Data, seed: int) -> Dataset:
    """Reads and splits plain texts. Raises as :func:`load_talks` does, and for conversations."""
    return read_with(settings, seed, lambda sheet: _plain_reader(settings, sheet))


def load_talks(settings: Data, seed: int) -> Dataset:
    """Reads and splits conversations or plain texts.

    Documents are cut into passages, and so is a file of plain text in which empty lines divide paragraphs.
    Of what ``settings.clean`` asks for, only what concerns letters is done: line breaks and marks belong to
    conversations.

    Raises:
        DataError: with all that is wrong with the files and the rows.
        RecipeError: there is no such format or shape.
    """
    return read_with(settings, seed, lambda sheet: reader_of(settings, sheet))


def read_with(
    settings: Data,
    seed: int,
    reader: Callable[[Sheet], tuple[Reader, str]],
    language: Callable[[Splits, int], tuple[str, list[str]]] = spoken,
) -> Dataset:
    """The same in any way.

    Args:
        reader: says of the sheet to train on how its rows become examples, and that in a sentence.
        language: finds that of the texts, and gives sentences that say so.
    """
    given = sheets_of(settings, documents=True)
    sheets = {side: _in_passages(_as_prose(sheet, settings)) for side, sheet in given.items()}
    make, told = reader(sheets["train"])
    letters = settings.clean.model_copy(update={"whitespace": False, "html": False})
    parts = {side: _made(sheet, make, letters) for side, sheet in sheets.items()}
    bad = [problem for part in parts.values() for problem in part.problems]
    if settings.bad_rows == "stop":
        complain(bad)
    rows = limited({side: part.examples for side, part in parts.items()}, settings.limit, seed)
    check_enough(rows["train"], str(sheets["train"].path))
    splits = split(rows["train"], settings.split, seed, dev=rows.get("dev"), test=rows.get("test"))
    code, told_of_code = language(splits, seed)
    return Dataset(
        splits=splits,
        language=code,
        notes=(
            *dict.fromkeys(note for sheet in sheets.values() for note in sheet.notes),
            told,
            *told_of_code,
            *told_of(splits, settings, seed),
        ),
        cleaned=(),
        dropped=(*(problem for sheet in sheets.values() for problem in sheet.problems), *bad),
        fingerprint=fingerprint_of(splits, _values),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    examples: list[Passage] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def reader_of(settings: Data, sheet: Sheet) -> tuple[Reader, str]:
    """How rows become examples, and a sentence that says so."""
    columns = sheet.columns
    if settings.shape is not None:
        shape = SHAPES.make(settings.shape)
        return talk(shape.read), _told(shape.kind)
    if settings.text is not None and settings.label is not None:
        asked, answered = settings.text, settings.label
        told = _("Each row asks what is in '{asked}', and is answered by what is in '{answered}'.")
        return talk(lambda row: pair(row, asked, answered)), told.format(asked=asked, answered=answered)
    if settings.text is None:
        for kind in SHAPES:
            shape = SHAPES.make(kind)
            if shape.fits(columns):
                return talk(shape.read), _told(kind)
    return _plain_reader(settings, sheet)


def _plain_reader(settings: Data, sheet: Sheet) -> tuple[Reader, str]:
    """How rows become plain texts, and a sentence that says so."""
    columns = sheet.columns
    named = [name for name in columns if any(folded(name) in tier for tier in TEXT_NAMES)]
    column = settings.text or (columns[0] if len(columns) == 1 else named[0] if len(named) == 1 else None)
    if column is None:
        raise DataError(
            _("these columns hold no texts or conversations that are known here: {names}.").format(
                names=", ".join(columns)
            ),
            where=str(sheet.path),
            fix=_(
                "Name the column of the texts with data.text; of conversations, also that of the answers "
                "with data.label, or give data.shape, one of: {kinds}."
            ).format(kinds=", ".join(SHAPES)),
        )
    told = _("Each row is a plain text, in the column '{name}'.").format(name=column)
    return lambda row, where: PlainText(where=where, text=text_of(row, column)), told


def talk(read: Callable[[Mapping[str, Any]], Any]) -> Reader:
    def make(row: Mapping[str, Any], where: Where) -> Conversation:
        messages, tools = read(row)
        return Conversation(where=where, messages=messages, tools=tools)

    return make


def _told(kind: str) -> str:
    return _("Each row is a conversation ({shape}).").format(shape=kind)


def _made(sheet: Sheet, make: Reader, clean: Clean) -> _Made:
    made = _Made()
    documents = {str(row["file"]) for row in sheet.rows} if sheet.format == "documents" else set()
    # A document stays on one side of a split where there are enough of them for that.
    groups = {name: name for name in documents} if len(documents) >= _MANY_DOCUMENTS else {}
    for row, line in zip(sheet.rows, sheet.lines):
        document = row.get("file") if sheet.format == "documents" else None
        where = Where(str(sheet.path / str(document) if document else sheet.path), line)
        try:
            example = make(row, where)
        except BadRow as error:
            fix = error.fix or _("Correct it, or leave such rows out with data.bad_rows=skip.")
            made.problems.append(Problem(str(error), str(where), fix))
            continue
        if isinstance(example, Conversation):
            messages = tuple(replace(m, content=clean.apply(m.content)[0]) for m in example.messages)
            example = replace(example, messages=messages)
        elif isinstance(example, PlainText):
            example = replace(example, text=clean.apply(example.text)[0], group=groups.get(str(document)))
        made.examples.append(example)
    return made


def _as_prose(sheet: Sheet, settings: Data) -> Sheet:
    """A plain text in which commas in sentences looked like columns, read again."""
    if settings.format is not None or sheet.format != "csv" or sheet.path.suffix.lower() not in ENDINGS:
        return sheet
    texts = any(folded(name) in tier for name in sheet.columns for tier in TEXT_NAMES)
    if texts or settings.text is not None or any(SHAPES.make(kind).fits(sheet.columns) for kind in SHAPES):
        return sheet
    return read(sheet.path, settings.model_copy(update={"format": "text"}))


def _in_passages(sheet: Sheet) -> Sheet:
    """The paragraphs of a plain text as passages, where empty lines divide it into any."""
    if sheet.format != "text" or not sheet.lines or sheet.lines[-1] - sheet.lines[0] + 1 == len(sheet.lines):
        return sheet
    (column,) = sheet.columns
    rows = [(line, str(row[column])) for line, row in zip(sheet.lines, sheet.rows, strict=True)]
    made = passages(list(paragraphs(rows)))
    told = _("{path}: empty lines divide it, so it is read as {count} passages of whole paragraphs.")
    return replace(
        sheet,
        rows=tuple({column: text} for _line, text in made),
        lines=tuple(line for line, _text in made),
    ).noting(told.format(path=sheet.path, count=len(made)))


def _values(example: Passage) -> list[Any]:
    """What the fingerprint of the data is taken of."""
    if isinstance(example, Conversation):
        turns = [[m.role, m.content, m.weight, dict(m.more)] for m in example.messages]
        return [turns, list(example.tools)]
    assert isinstance(example, PlainText)
    return [example.text, []]
