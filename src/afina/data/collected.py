"""Questions, documents and what is known of the two, out of folders and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DataError, Problem
from ..language import _, ngettext
from ..section import shown
from .clean import Clean
from .columns import Columns, find_text, require
from .example import Where
from .examples import Cleaned
from .formats import Sheet
from .judgements import Parts, column, identifier, parts_of, wanted
from .labels import BadCell, is_missing
from .load import Data, sheets_of
from .match import Document, Match
from .names import DOCUMENT_NAMES, GRADE_NAMES, NEGATIVE_NAMES, QUERY_NAMES, TITLE_NAMES
from .read import complain, read

__all__ = ["Collected", "collect", "read_documents"]


@dataclass
class Asked:
    """A question and what is known of the documents for it."""

    text: str
    where: Where
    grades: dict[int, float] = field(default_factory=dict)
    """Number of a document -> how well it answers; 0 or less where it does not."""
    places: dict[int, Where] = field(default_factory=dict)
    """Number of a document -> the row that says so."""


@dataclass
class Collected:
    """Questions by side, and the documents that are searched for all of them."""

    sides: dict[str, dict[str, Asked]] = field(default_factory=dict)
    """Side -> identifier -> question."""
    documents: list[str] = field(default_factory=list)
    shared: bool = False
    """Whether the documents are a collection of their own, which is known when training."""
    columns: Columns | None = None
    """Where documents stand in a table."""
    notes: list[str] = field(default_factory=list)
    cleaned: list[Cleaned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def clean(self, clean: Clean, text: str, where: Where) -> str:
        """The clean text; what changed is remembered."""
        after, steps = clean.apply(text)
        if steps:
            self.cleaned.append(Cleaned(where, steps, text, after))
        return after

    def refuse(self, what: str, where: Where) -> None:
        fix = _("Correct it, or leave such rows out with data.bad_rows=skip.")
        self.problems.append(Problem(what, str(where), fix))

    def matches(self, side: str) -> list[Match]:
        """A match for each question and each document that answers it; questions without any are left out.

        The documents that do not answer a question are dealt out among its matches.
        """
        made = []
        for name, asked in self.sides[side].items():
            relevant = {number: grade for number, grade in asked.grades.items() if grade > 0}
            negatives = [self.document(number) for number, grade in asked.grades.items() if grade <= 0]
            for place, (number, grade) in enumerate(relevant.items()):
                made.append(
                    Match(
                        where=asked.places[number], group=name, text=asked.text, grade=grade,
                        document=self.document(number), relevant=relevant,
                        negatives=tuple(negatives[place :: len(relevant)]),
                    )
                )  # fmt: skip
        return made

    def document(self, number: int) -> Document:
        return Document(number, self.documents[number])


def collect(settings: Data) -> Collected:
    """Questions and documents of a folder such as BEIR's, or of a table. Raises DataError."""
    path = Path(settings.path) if settings.path is not None else None
    parts = parts_of(path) if path is not None and path.is_dir() else None
    found = _of_table(settings) if parts is None else _of_folder(parts, settings)
    if settings.bad_rows == "stop":
        complain(found.problems)
    asked = [one for side in found.sides.values() for one in side.values()]
    left = sum(max(one.grades.values(), default=0.0) <= 0 for one in asked)
    if left:
        told = ngettext(
            "{count} question has no document that answers it, and is left out.",
            "{count} questions have no document that answers them, and are left out.",
            left,
        )
        found.notes.append(told.format(count=left))
    return found


def read_documents(path: str | Path, settings: Data) -> tuple[str, ...]:
    """The clean documents of a file, with their titles; rows without text are left out. Raises DataError."""
    found = Collected()
    sheet = read(path, settings)
    for _line, _row, text in _texts(sheet, settings, found):
        found.documents.append(text)
    if settings.bad_rows == "stop":
        complain(found.problems)
    return tuple(found.documents)


def _of_folder(parts: Parts, settings: Data) -> Collected:
    """Documents, questions and judgements in files of their own (BEIR, Thakur et al. 2021)."""
    beside = [f"data.{side}" for side in ("dev", "test") if getattr(settings, side) is not None]
    if beside:
        raise DataError(
            _("a folder of documents says itself which questions are for development and for the test."),
            where=", ".join(beside),
            fix=_("Leave this setting out."),
        )
    found = Collected(shared=True)
    corpus = read(parts.documents, settings)
    names = _numbered(corpus, settings, found)
    queries: dict[str, tuple[str, Where]] = {}
    for path in parts.queries:
        sheet = read(path, settings)
        key = identifier(sheet, "query")
        for line, row, text in _texts(sheet, settings, found):
            queries[wanted(row, key)] = (text, Where(str(path), line))
    for side, path in parts.judgements.items():
        asked = found.sides.setdefault(side, {})
        _judge(read(path, settings), queries, names, asked, found)
    told = _("{path} holds {documents} documents, {queries} questions and the judgements of: {sides}.")
    found.notes.append(
        told.format(
            path=parts.documents.parent, documents=len(found.documents), queries=len(queries),
            sides=", ".join(found.sides),
        )
    )  # fmt: skip
    if "train" not in found.sides:
        # Published for testing alone: what is given is divided.
        together = {name: asked for side in found.sides.values() for name, asked in side.items()}
        found.sides = {"train": together}
        found.notes.append(_("No side is called train, so all questions are divided anew."))
    return found


def _numbered(sheet: Sheet, settings: Data, found: Collected) -> dict[str, int]:
    """Fills the collection; identifier of a document -> its number."""
    key = identifier(sheet, "document")
    names: dict[str, int] = {}
    for line, row, text in _texts(sheet, settings, found):
        name = wanted(row, key)
        if name in names:
            what = _("two documents are called {name}.").format(name=shown(name))
            found.refuse(what, Where(str(sheet.path), line))
            continue
        names[name] = len(found.documents)
        found.documents.append(text)
    return names


def _judge(
    sheet: Sheet, queries: Mapping[str, tuple[str, Where]], names: Mapping[str, int],
    asked: dict[str, Asked], found: Collected,
) -> None:  # fmt: skip
    query, document = identifier(sheet, "query", beside=True), identifier(sheet, "document", beside=True)
    grade = column(sheet, GRADE_NAMES)
    for line, row in zip(sheet.lines, sheet.rows):
        where = Where(str(sheet.path), line)
        question, number = queries.get(wanted(row, query)), names.get(wanted(row, document))
        if question is None or number is None:
            kind, name = (
                (query, wanted(row, query)) if question is None else (document, wanted(row, document))
            )
            what = _("there is nothing with the {column} {name}.").format(column=kind, name=shown(name))
            found.refuse(what, where)
            continue
        _note(asked.setdefault(wanted(row, query), Asked(*question)), number, row, grade, where, found)


def _of_table(settings: Data) -> Collected:
    """Rows of a question and its document; a document that rows repeat is one."""
    found = Collected()
    numbers: dict[str, int] = {}
    sheets = sheets_of(settings)
    query, document, told = _columns(sheets["train"], settings)
    found.columns = Columns(document)
    found.notes += [note for sheet in sheets.values() for note in sheet.notes] + told
    for side, sheet in sheets.items():
        require(sheet, {"data.text": query, "data.label": document})
        found.problems += sheet.problems
        asked = found.sides.setdefault(side, {})
        negative, grade = column(sheet, NEGATIVE_NAMES), column(sheet, GRADE_NAMES, but=(query, document))
        for line, row in zip(sheet.lines, sheet.rows):
            where = Where(str(sheet.path), line)
            try:
                question, answer = (_filled(row.get(name), name) for name in (query, document))
            except BadCell as error:
                found.refuse(str(error), where)
                continue
            text = found.clean(settings.clean, question, where)
            one = asked.setdefault(text, Asked(text, where))
            _note(one, _number(answer, numbers, settings, found, where), row, grade, where, found)
            if negative is not None and not is_missing(row.get(negative)):
                number = _number(str(row[negative]), numbers, settings, found, where)
                one.grades.setdefault(number, 0.0)
    return found


def _number(text: str, numbers: dict[str, int], settings: Data, found: Collected, where: Where) -> int:
    """Of a document by its text; a new one joins the collection."""
    text = found.clean(settings.clean, text, where)
    if text not in numbers:
        numbers[text] = len(found.documents)
        found.documents.append(text)
    return numbers[text]


def _note(
    asked: Asked, number: int, row: Mapping[str, Any], column: str | None, where: Where, found: Collected
) -> None:
    """What a row says of a question and a document."""
    value = 1.0 if column is None else row.get(column)
    try:
        grade = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        grade = math.nan
    if not math.isfinite(grade):
        what = _("this is no grade: {value}. A grade is a number, 0 for a document that does not answer.")
        found.refuse(what.format(value=shown(value)), where)
        return
    if grade >= asked.grades.get(number, -math.inf):
        asked.grades[number], asked.places[number] = grade, where


def _columns(sheet: Sheet, settings: Data) -> tuple[str, str, list[str]]:
    """The columns of the questions and of the documents, and a sentence for each that was guessed."""
    given = {"data.text": settings.text, "data.label": settings.label}
    require(sheet, {path: name for path, name in given.items() if name is not None})
    query = settings.text or column(sheet, QUERY_NAMES)
    document = settings.label or column(sheet, DOCUMENT_NAMES, but=(query,))
    if query is None or document is None:
        raise DataError(
            _(
                "it is not clear which columns hold the questions and the documents; there are {names}."
            ).format(names=", ".join(f"'{name}'" for name in sheet.columns)),
            where=str(sheet.path),
            fix=_("Name them with data.text and data.label."),
        )
    told = _("The questions are in the column '{query}', and what answers them in '{document}'.")
    return query, document, [told.format(query=query, document=document)]


def _texts(sheet: Sheet, settings: Data, found: Collected) -> list[tuple[int, Mapping[str, Any], str]]:
    """Line, row and clean text of every row that has any, a title before it where there is one."""
    text, title = find_text(sheet, settings.text or "text"), column(sheet, TITLE_NAMES)
    made: list[tuple[int, Mapping[str, Any], str]] = []
    found.problems += sheet.problems
    for line, row in zip(sheet.lines, sheet.rows):
        cells = [row.get(name) for name in dict.fromkeys((title, text)) if name is not None]
        whole = " ".join(str(cell) for cell in cells if not is_missing(cell))
        where = Where(str(sheet.path), line)
        clean = found.clean(settings.clean, whole, where)
        if clean:
            made.append((line, row, clean))
        else:
            found.problems.append(Problem(_("this row has no text and is left out."), str(where)))
    return made


def _filled(value: object, name: str) -> str:
    if is_missing(value):
        raise BadCell(_("'{column}' is empty.").format(column=name))
    return str(value)
