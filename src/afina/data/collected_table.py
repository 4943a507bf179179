"""Questions and documents out of a table."""

from __future__ import annotations

from ..errors import DataError
from ..language import _
from .collected import Asked, Collected, note
from .columns import Columns, require
from .example import Where
from .formats import Sheet
from .judgements import column
from .labels import BadCell, is_missing
from .load import Data, sheets_of
from .names import DOCUMENT_NAMES, GRADE_NAMES, NEGATIVE_NAMES, QUERY_NAMES

__all__ = ["of_table"]


def of_table(settings: Data) -> Collected:
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
            note(one, _number(answer, numbers, settings, found, where), row, grade, where, found)
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


def _filled(value: object, name: str) -> str:
    if is_missing(value):
        raise BadCell(_("'{column}' is empty.").format(column=name))
    return str(value)
