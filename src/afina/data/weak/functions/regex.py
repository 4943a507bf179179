"""Patterns that tell a label."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from ....language import _
from .base import LabellingFunction, Rows

__all__ = ["Regex"]

#: Letters that are shown of a pattern that cannot be read.
_REST = 20


class Regex(LabellingFunction):
    """Regular expression: texts in which the pattern is found get the label."""

    kind: Literal["regex"] = "regex"
    label: str = Field(min_length=1)
    """The label that is given."""
    pattern: str = Field(min_length=1)
    """A regular expression as in Python's re; it may match anywhere in the text."""
    ignore_case: bool = True
    """Whether capital and small letters are the same."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise PydanticCustomError("told", "{error}", {"error": _told(error)}) from None
        return pattern

    def vote(self, rows: Rows) -> dict[str, list[str | None]]:
        pattern = re.compile(self.pattern, re.IGNORECASE if self.ignore_case else 0)
        return {"": [self.label if pattern.search(text) else None for text in rows.texts]}


def _told(error: re.error) -> str:
    if error.pos is None:  # such as an end that does not stand at one distance
        return _("this is no regular expression ({reason}).").format(reason=error.msg)
    rest = str(error.pattern)[error.pos :]
    if not rest:
        return _("this is no regular expression: it ends too early.")
    return _(
        "this is no regular expression: it cannot be read from character {position} on, '{rest}'."
    ).format(position=error.pos + 1, rest=rest if len(rest) <= _REST else rest[:_REST] + "…")
