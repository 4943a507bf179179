"""Questions and documents out of a folder such as BEIR's."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import DataError
from ..language import _
from ..section import shown
from .collected import Asked, Collected, note, texts_of
from .example import Where
from .formats import Sheet
from .judgements import Parts, column, identifier, wanted
from .load import Data
from .names import GRADE_NAMES
from .read import read

__all__ = ["of_folder"]


def of_folder(parts: Parts, settings: Data) -> Collected:
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
        for line, row, text in texts_of(sheet, settings, found):
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
    for line, row, text in texts_of(sheet, settings, found):
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
        note(asked.setdefault(wanted(row, query), Asked(*question)), number, row, grade, where, found)
