"""Looking for words in texts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...near_duplicates import normal_form

__all__ = ["any_of"]


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Matches any of these words and phrases in the normal form of a text, the longest first.

    A word is found as a whole only: ``art`` is not in ``party``. A sign, such as ``!`` or ``:)``, is found
    anywhere.
    """
    known = sorted({normal_form(word) for word in words}, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(_whole, known)))


def _whole(word: str) -> str:
    before = r"(?<!\w)" if re.match(r"\w", word) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", word) else ""
    return before + re.escape(word) + after
