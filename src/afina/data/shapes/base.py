"""How the rows of a file hold conversations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from ...language import _
from ...section import Section, shown
from ..conversation import ANSWERER, Message
from ..names import folded

__all__ = ["BadRow", "Pair", "Row", "Shape", "Talk", "column_of", "ended", "listed", "system_of", "text_of"]

Row: TypeAlias = Mapping[str, Any]
#: Turns, and descriptions of the tools that may be called.
Talk: TypeAlias = tuple[tuple[Message, ...], tuple[Mapping[str, Any], ...]]


class BadRow(Exception):
    """What is wrong with a row, at which field, and what to do."""

    def __init__(self, field: str, what: str, fix: str = "") -> None:
        super().__init__(f"{field}: {what}")
        self.fix = fix


class Shape(Section, ABC):
    """One way to write conversations down."""

    place: ClassVar[str] = "data.shape"
    kind: str

    @abstractmethod
    def fits(self, columns: Sequence[str]) -> bool:
        """Whether rows with these columns are meant so."""

    @abstractmethod
    def read(self, row: Row) -> Talk:
        """The conversation of a row, which ends with an answer. Raises BadRow."""


class Pair(Shape, ABC):
    """A question and an answer, in two columns."""

    asked: ClassVar[frozenset[str]]
    """Names of the column of the question, as :func:`~afina.data.names.folded` gives them."""
    answered: ClassVar[frozenset[str]]
    """Names of the column of the answer."""

    def fits(self, columns: Sequence[str]) -> bool:
        return all(column_of(columns, names) is not None for names in (self.asked, self.answered))

    def read(self, row: Row) -> Talk:
        columns = list(row)
        return pair(row, str(column_of(columns, self.asked)), str(column_of(columns, self.answered)))


def pair(row: Row, asked: str, answered: str) -> Talk:
    """A conversation of one question and its answer. Raises BadRow."""
    return (Message("user", text_of(row, asked)), Message("assistant", text_of(row, answered))), ()


def column_of(columns: Sequence[str], names: frozenset[str]) -> str | None:
    """The first column that is called so."""
    return next((column for column in columns if folded(column) in names), None)


def text_of(row: Row, name: str, field: str | None = None) -> str:
    """A text that is not empty. Raises BadRow.

    Args:
        field: what messages call it; ``name`` when not given.
    """
    value = row.get(name)
    field = field or name
    if value is None or (isinstance(value, str) and not value.strip()):
        raise BadRow(field, _("this is empty."), _("Fill it in, or leave the row out."))
    if not isinstance(value, str):
        raise BadRow(field, _("this is not a text: {value}.").format(value=shown(value)))
    return value


def system_of(row: Row) -> str | None:
    """What a column ``system`` tells the model; None where it tells nothing."""
    value = row.get("system")
    return value if isinstance(value, str) and value.strip() else None


def listed(value: Any, field: str) -> Sequence[Any]:
    """A list that is not empty. Raises BadRow."""
    if not isinstance(value, list | tuple):
        raise BadRow(field, _("this is not a list: {value}.").format(value=shown(value)))
    if not value:
        raise BadRow(field, _("this list is empty."), _("Fill it in, or leave the row out."))
    return value


def ended(messages: tuple[Message, ...], field: str) -> tuple[Message, ...]:
    """The messages, the last of which is an answer to learn. Raises BadRow."""
    if messages[-1].role != ANSWERER:
        raise BadRow(
            f"{field}[{len(messages) - 1}].role",
            _("the last turn is not the assistant's, so there is no answer to learn."),
            _("End the conversation with an answer, or leave it out."),
        )
    return messages
