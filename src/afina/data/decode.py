"""Bytes as text: the encoding is guessed, and told when it is not UTF-8."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from ..errors import DataError, Problem
from ..language import _
from ..section import shown

__all__ = ["Decoded", "decode"]

_BOMS = (
    # UTF-32's little-endian mark begins with UTF-16's: the longer ones come first.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
}
#: Control characters that a text file has no use for.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, how it was encoded, and a sentence when that had to be guessed."""

    text: str
    encoding: str
    note: str = ""


def decode(data: bytes, where: str, encoding: str | None = None) -> Decoded:
    """The text of ``data``.

    Tried in order: the byte order mark, UTF-8, UTF-16 without a mark, Windows-1252, Latin-1.

    Raises:
        DataError: the bytes are not text, or not in ``encoding``, or UTF-8 in most places but not in all.
    """
    decoded = _as_told(data, where, encoding) if encoding is not None else _guessed(data, where)
    sample = decoded.text[:1_000_000]
    if len(_CONTROL.findall(sample)) > 0.02 * len(sample):
        raise DataError(
            _("this file holds bytes that are not text."),
            where=where,
            fix=_("Give a CSV, TSV, JSONL, JSON, Parquet or XLSX file, or set data.encoding."),
        )
    return decoded


def _as_told(data: bytes, where: str, encoding: str) -> Decoded:
    try:
        name = codecs.lookup(encoding).name
        # A byte order mark is no part of the text, whether or not the encoding's name says so.
        name = "utf-8-sig" if name == "utf-8" else name
        return Decoded(data.decode(name), _NAMES.get(name, encoding))
    except (LookupError, AttributeError):
        raise DataError(
            _("there is no encoding {name}.").format(name=shown(encoding)),
            where="data.encoding",
            fix=_("Common ones are utf-8, latin-1, cp1252 and utf-16."),
        ) from None
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise DataError(
            _("this line is not in the encoding {name}.").format(name=encoding),
            where=f"{where}:{data.count(10, 0, start) + 1}",
            fix=_("Leave data.encoding out, so that it is guessed."),
        ) from None


def _guessed(data: bytes, where: str) -> Decoded:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _as_told(data, where, name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    wide = _wide(data)
    if wide:
        return _as_told(data, where, wide)
    if text or not data:
        return Decoded(text, "UTF-8")
    _refuse_mixed(data, where)
    for name in ("cp1252", "latin-1"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        note = _("{where}: not UTF-8; read as {name}. If accents look wrong, set data.encoding.")
        return Decoded(text, _NAMES[name], note.format(where=where, name=_NAMES[name]))
    raise AssertionError("every byte is a Latin-1 character")


def _wide(data: bytes) -> str:
    """UTF-16 without a byte order mark: in Western text every other byte is zero."""
    head = data[:4096]
    half = len(head) // 2
    if half >= 4 and head[1::2].count(0) > 0.7 * half and head[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if half >= 4 and head[::2].count(0) > 0.7 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return ""


def _refuse_mixed(data: bytes, where: str) -> None:
    """A file that is UTF-8 in most places is damaged in the others: Latin-1 would spoil all its accents."""
    text = data.decode("utf-8", "surrogateescape")
    broken = sum("\udc80" <= character <= "\udcff" for character in text)
    whole = sum(character > "\x7f" for character in text) - broken
    if whole <= broken:
        return
    lines = [n for n, line in enumerate(text.split("\n"), 1) if any("\udc80" <= c <= "\udcff" for c in line)]
    raise DataError(
        [
            Problem(
                _("this line holds bytes that are not UTF-8, while the rest of the file is."),
                f"{where}:{line}",
                _("Correct them in the file, or set data.encoding.") if line == lines[0] else "",
            )
            for line in lines[:20]
        ]
    )
