"""Texts in another language than most."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ...language import _, ngettext
from ..language_of import SHORT, UNSURE, languages
from .base import Audited, Check, Finding, placed

__all__ = ["Language"]


class Language(Check):
    """Texts in another language than most of them."""

    kind: Literal["language"] = "language"

    certainty: float = Field(0.7, ge=0.5, lt=1)
    """How certain the language of a text must be, from 0.5 to 1."""
    most: int = Field(20_000, ge=1)
    """Texts looked at; of more, a sample is."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        if audited.language == UNSURE:
            return
        texts = [example for _split, example in audited.rows if len(example.text) >= SHORT]
        if len(texts) > self.most:
            texts = random.Random(0).sample(texts, self.most)
        found = [
            (example, code)
            for example, (code, certainty) in zip(texts, languages([example.text for example in texts]))
            if code not in (audited.language, UNSURE) and certainty >= self.certainty
        ]
        if found:
            codes = sorted({code for _example, code in found})
            yield Finding(
                self.kind,
                "note",
                ngettext(
                    "{count} text seems to be in another language ({codes}) than most ('{language}').",
                    "{count} texts seem to be in other languages ({codes}) than most ('{language}').",
                    len(found),
                ).format(count=len(found), codes=", ".join(codes), language=audited.language),
                _("Look at some: names, codes and slang can be mistaken for another language."),
                placed(example for example, _code in found),
                len(found),
            )
