"""Texts whose UTF-8 was once read as Windows-1252 or Latin-1: "cafÃ©" for "café".

Each character of such a text stands for one byte. Where the bytes form letters of UTF-8, these were meant;
what was spoilt twice is repaired twice. A pair that could also be meant as it stands, such as an accented
capital before a closing quotation mark, is left alone.
"""

from __future__ import annotations

import re

__all__ = ["repaired"]

#: Character -> the byte that it was read from. Latin-1, and what Windows-1252 has in the place of controls.
_BYTES = {chr(code): code for code in range(0x80, 0x100)}
for _code in range(0x80, 0xA0):
    _BYTES.setdefault(bytes([_code]).decode("cp1252", "replace"), _code)
_BYTES.pop("\ufffd", None)


def _among(first: int, last: int) -> str:
    return "[" + "".join(map(re.escape, (c for c, code in _BYTES.items() if first <= code <= last))) + "]"


_NEXT = _among(0x80, 0xBF)
_SPOILT = re.compile(
    # Emoji; quotation marks and dashes; runs of Chinese, Japanese or Korean.
    f"{_among(0xF0, 0xF4)}{_NEXT}{{3}}|{_among(0xE2, 0xE2)}{_NEXT}{{2}}"
    f"|(?:{_among(0xE0, 0xEF)}{_NEXT}{{2}}){{2,}}"
    # Accents; runs of Greek or Cyrillic.
    f"|{_among(0xC2, 0xC3)}{_among(0xA0, 0xBF)}"
    f"|{_among(0xC2, 0xC3)}{_NEXT}(?=\\w)|(?<![A-ZÀ-Þ]){_among(0xC2, 0xC3)}{_NEXT}"
    f"|(?:{_among(0xC4, 0xDF)}{_NEXT}){{2,}}"
)


def repaired(text: str) -> str:
    """The text as it was meant; the same where nothing is spoilt."""
    if text.isascii():
        return text
    while (better := _SPOILT.sub(_meant, text)) != text:
        text = better
    return text


def _meant(match: re.Match[str]) -> str:
    try:
        return bytes(_BYTES[character] for character in match[0]).decode()
    except UnicodeDecodeError:
        return match[0]
