"""Words that a person does not want in the texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from ...errors import DataError, reason_of
from ...language import _, ngettext
from ...language import number as figure
from ..decode import decode
from ..near_duplicates import normal_form
from .base import Audited, Check, Finding, placed

__all__ = ["Profanity"]


class Profanity(Check):
    """Texts that hold words of a list of your own; without a list, nothing is looked for."""

    kind: Literal["profanity"] = "profanity"
    files: ClassVar[tuple[str, ...]] = ("file",)

    words: tuple[str, ...] = ()
    """The words that should not stand in texts. Case and accents make no difference."""
    file: str | None = None
    """A text file with more of them, one a line."""

    def run(self, audited: Audited) -> Iterator[Finding]:
        words = {normal_form(word) for word in (*self.words, *self._listed())} - {""}
        if not words:
            return
        pattern = re.compile(
            rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})(?!\w)"
        )
        counts: Counter[str] = Counter()
        rows = []
        for _split, example in audited.rows:
            found = set(pattern.findall(normal_form(example.text)))
            counts.update(found)
            if found:
                rows.append(example)
        if rows:
            told = ", ".join(f"'{word}' ({count})" for word, count in counts.most_common(5))
            yield Finding(
                self.kind,
                "note",
                ngettext(
                    "{count} text holds words of your list: {words}.",
                    "{count} texts hold words of your list: {words}.",
                    len(rows),
                ).format(count=figure(len(rows)), words=told),
                _("Remove these rows, or take the words out, if a model must not learn them."),
                placed(rows),
                len(rows),
            )

    def _listed(self) -> list[str]:
        """Raises DataError when the file cannot be read."""
        if self.file is None:
            return []
        try:
            return decode(Path(self.file).read_bytes(), self.file).text.splitlines()
        except OSError as error:
            raise DataError(
                _("this file cannot be opened ({reason}).").format(reason=reason_of(error)), where=self.file
            ) from None
