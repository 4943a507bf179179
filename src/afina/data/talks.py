"""From files to what language models learn from: conversations and plain texts, with every guess told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import DataError, Problem
from ..language import _
from .clean import Clean
from .conversation import Conversation, Passage, PlainText, with_system
from .example import Where
from .formats import Sheet
from .language_of import language_of
from .load import Data, Dataset, fingerprint_of, limited, sheets_of, told_of
from .names import TEXT_NAMES, folded
from .read import complain
from .shapes import SHAPES, BadRow
from .shapes.base import pair, text_of
from .split import split
from .usable import check_enough

__all__ = ["load_talks"]

#: Turns the values of a row into an example.
Reader = Callable[[Mapping[str, Any], Where], Passage]


def load_talks(settings: Data, seed: int, system: str | None) -> Dataset:
    """Reads and splits conversations or plain texts.

    Of what ``settings.clean`` asks for, only what concerns letters is done: line breaks and marks belong to
    conversations.

    Args:
        system: a turn that is put before every conversation that has no such turn of its own.

    Raises:
        DataError: with all that is wrong with the files and the rows.
        RecipeError: there is no such format or shape.
    """
    sheets = sheets_of(settings)
    read, told = _reader(settings, sheets["train"])
    letters = settings.clean.model_copy(update={"whitespace": False, "html": False})
    parts = {side: _made(sheet, read, letters, system) for side, sheet in sheets.items()}
    bad = [problem for part in parts.values() for problem in part.problems]
    if settings.bad_rows == "stop":
        complain(bad)
    rows = limited({side: part.examples for side, part in parts.items()}, settings.limit, seed)
    check_enough(rows["train"], str(sheets["train"].path))
    splits = split(rows["train"], settings.split, seed, dev=rows.get("dev"), test=rows.get("test"))
    language, share = language_of([example.text for example in splits.train], seed)
    return Dataset(
        splits=splits,
        language=language,
        notes=(
            *dict.fromkeys(note for sheet in sheets.values() for note in sheet.notes),
            told,
            *told_of(splits, language, share, settings, seed),
        ),
        cleaned=(),
        dropped=(*(problem for sheet in sheets.values() for problem in sheet.problems), *bad),
        fingerprint=fingerprint_of(splits, _values),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    examples: list[Passage] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def _reader(settings: Data, sheet: Sheet) -> tuple[Reader, str]:
    """How rows become examples, and a sentence that says so."""
    columns = sheet.columns
    if settings.shape is not None:
        shape = SHAPES.make(settings.shape)
        return _talk(shape.read), _told(shape.kind)
    if settings.text is not None and settings.label is not None:
        asked, answered = settings.text, settings.label
        told = _("Each row asks what is in '{asked}', and is answered by what is in '{answered}'.")
        return _talk(lambda row: pair(row, asked, answered)), told.format(asked=asked, answered=answered)
    if settings.text is None:
        for kind in SHAPES:
            shape = SHAPES.make(kind)
            if shape.fits(columns):
                return _talk(shape.read), _told(kind)
    named = [name for name in columns if any(folded(name) in tier for tier in TEXT_NAMES)]
    column = settings.text or (columns[0] if len(columns) == 1 else named[0] if len(named) == 1 else None)
    if column is None:
        raise DataError(
            _("these columns hold no conversations that are known here: {names}.").format(
                names=", ".join(columns)
            ),
            where=str(sheet.path),
            fix=_(
                "Name the column of the questions with data.text and that of the answers with data.label, or "
                "give data.shape, one of: {kinds}."
            ).format(kinds=", ".join(SHAPES)),
        )
    told = _("Each row is a plain text, in the column '{name}'.").format(name=column)
    return lambda row, where: PlainText(where=where, text=text_of(row, column)), told


def _talk(read: Callable[[Mapping[str, Any]], Any]) -> Reader:
    def make(row: Mapping[str, Any], where: Where) -> Conversation:
        messages, tools = read(row)
        return Conversation(where=where, messages=messages, tools=tools)

    return make


def _told(kind: str) -> str:
    return _("Each row is a conversation ({shape}).").format(shape=kind)


def _made(sheet: Sheet, read: Reader, clean: Clean, system: str | None) -> _Made:
    made = _Made()
    for row, line in zip(sheet.rows, sheet.lines):
        where = Where(str(sheet.path), line)
        try:
            example = read(row, where)
        except BadRow as error:
            fix = error.fix or _("Correct it, or leave such rows out with data.bad_rows=skip.")
            made.problems.append(Problem(str(error), str(where), fix))
            continue
        if isinstance(example, Conversation):
            messages = tuple(replace(m, content=clean.apply(m.content)[0]) for m in example.messages)
            example = replace(example, messages=with_system(messages, system))
        elif isinstance(example, PlainText):
            example = replace(example, text=clean.apply(example.text)[0])
        made.examples.append(example)
    return made


def _values(example: Passage) -> list[Any]:
    """What the fingerprint of the data is taken of."""
    if isinstance(example, Conversation):
        turns = [[m.role, m.content, m.weight, dict(m.more)] for m in example.messages]
        return [turns, list(example.tools)]
    assert isinstance(example, PlainText)
    return [example.text, []]
