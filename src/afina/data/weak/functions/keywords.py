"""Words that tell a label."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from ....language import _
from ...near_duplicates import normal_form
from .base import LabellingFunction, Rows
from .words import any_of

__all__ = ["Keywords"]


class Keywords(LabellingFunction):
    """Keywords: texts that hold one of these words or phrases get the label."""

    kind: Literal["keywords"] = "keywords"
    label: str = Field(min_length=1)
    """The label that is given."""
    words: tuple[str, ...] = Field(min_length=1)
    """Whole words and phrases; case, accents and spaces make no difference."""

    @field_validator("words")
    @classmethod
    def _none_empty(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(normal_form, words)):
            raise PydanticCustomError("told", "{error}", {"error": _("one of the words is empty.")})
        return words

    def vote(self, rows: Rows) -> dict[str, list[str | None]]:
        found = any_of(self.words)
        return {"": [self.label if found.search(normal_form(text)) else None for text in rows.texts]}
