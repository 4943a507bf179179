"""Texts in several languages."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ...language import _, ngettext
from ...language import number as figure
from ..language_of import SHORT, UNSURE, languages
from .base import Audited, Check, Finding, placed

__all__ = ["Language"]

#: The share of the texts from which a language is told where none has most.
_PART = 0.1


class Language(Check):
    """Texts in another language than most of them, or in many."""

    kind: Literal["language"] = "language"

    certainty: float = Field(0.7, ge=0.5, lt=1)
    """How certain the language of a text must be, from 0.5 to 1."""
    most: int = Field(20_000, ge=1)
    """Texts looked at; of more, a sample is."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        texts = [example for _split, example in audited.rows if len(example.text) >= SHORT]
        if len(texts) > self.most:
            texts = random.Random(0).sample(texts, self.most)
        found = [
            (example, code)
            for example, (code, certainty) in zip(texts, languages([example.text for example in texts]))
            if code not in (audited.language, UNSURE) and certainty >= self.certainty
        ]
        counts = Counter(code for _example, code in found)
        told = ", ".join(f"'{code}' {count}" for code, count in counts.most_common(5))
        if audited.language == UNSURE:
            if len([code for code in counts if counts[code] >= _PART * len(texts)]) > 1:
                yield Finding(
                    self.kind,
                    "note",
                    _("No language has most of the texts: {languages}.").format(languages=told),
                    _("Choose a model of many languages, such as e5-small, or train on one at a time."),
                    (),
                    len(texts),
                )
        elif found:
            yield Finding(
                self.kind,
                "note",
                ngettext(
                    "{count} text seems to be in another language ({languages}) than most ('{language}').",
                    "{count} texts seem to be in other languages ({languages}) than most ('{language}').",
                    len(found),
                ).format(count=figure(len(found)), languages=told, language=audited.language),
                _("Look at some: names, codes and slang can be mistaken for another language."),
                placed(example for example, _code in found),
                len(found),
            )
