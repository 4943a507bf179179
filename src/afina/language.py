"""The language a person reads, English or Spanish: sentences through gettext catalogues, and numbers.

Sentences are written in English in the code, as ``_("{count} rows are empty.").format(count=3)``; their
Spanish stands in ``locale/es/LC_MESSAGES/afina.po``. ``make messages`` gathers new ones.
"""

from __future__ import annotations

import gettext
import locale
import math
import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LANGUAGES", "NONE", "SPACE", "_", "current", "figures", "guess", "ngettext", "number", "share", "speak",
    "speaking",
]  # fmt: skip

LANGUAGES = ("en", "es")
LOCALE_FOLDER = Path(__file__).parent / "locale"

#: What stands where there is no number.
NONE = "–"

#: language -> thousands separator, decimal separator, digits from which thousands are separated (CLDR 48).
_MARKS = {"en": (",", ".", 4), "es": (".", ",", 5)}
SPACE = "\N{NO-BREAK SPACE}"

_current: ContextVar[str] = ContextVar("afina_language", default="en")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("afina", LOCALE_FOLDER, [language], fallback=language == "en")


def _(message: str) -> str:
    """The sentence in the current language."""
    return _catalogue(_current.get()).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The sentence for ``count`` things in the current language."""
    return _catalogue(_current.get()).ngettext(singular, plural, count)


def current() -> str:
    """``"en"`` or ``"es"``."""
    return _current.get()


def number(value: float | None, digits: int = 0) -> str:
    """``1,234.50`` or ``1234,50``; a dash where there is no finite number."""
    if value is None or not math.isfinite(value):
        return NONE
    thousands, decimal, least = _MARKS[current()]
    whole, _point, rest = f"{abs(value):.{digits}f}".partition(".")
    negative = value < 0 and float(f"{value:.{digits}f}") != 0
    if len(whole) >= least:
        whole = f"{int(whole):,}".replace(",", thousands)
    return ("\N{MINUS SIGN}" if negative else "") + whole + (decimal + rest if rest else "")


def figures(value: float | None, most: int = 6) -> str:
    """A number with its own digits, at most ``most`` of them that matter: ``4.5``, and ``1.2e-05``."""
    if value is None or not math.isfinite(value):
        return NONE
    written, _e, power = f"{value:.{most - 1}e}".partition("e")
    if int(power) < -4 and value:
        return f"{figures(float(written), most)}e{power}"
    places = f"{value:.{max(0, most - 1 - int(power))}f}".partition(".")[2]
    return number(value, len(places.rstrip("0")))


def share(value: float | None, digits: int = 0) -> str:
    """A fraction of 1 as a percentage."""
    return NONE if value is None else number(100 * value, digits) + SPACE + "%"


def speak(language: str) -> None:
    """Sets the language from here on. Raises ValueError for one that is not in :data:`LANGUAGES`."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r}: one of {', '.join(LANGUAGES)}")
    _current.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """The language inside a ``with`` block: the report of a run is written in the run's language."""
    before = current()
    speak(language)
    try:
        yield
    finally:
        _current.set(before)


def guess(arguments: Sequence[str] = (), environment: Mapping[str, str] = os.environ) -> str:
    """``--lang``, else ``AFINA_LANG``, else the locale, else English.

    A value that is not one of :data:`LANGUAGES` is passed over here; the command line refuses it itself.
    """
    candidates = [environment.get("AFINA_LANG", "")]
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            candidates.insert(0, arguments[position + 1])
        elif argument.startswith("--lang="):
            candidates.insert(0, argument.removeprefix("--lang="))
    candidates += [environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    if environment is os.environ:
        candidates.append(locale.getlocale()[0] or "")
    for candidate in candidates:
        if candidate[:2].lower() in LANGUAGES:
            return candidate[:2].lower()
        if candidate.split(".")[0] in ("C", "POSIX"):
            break
    return "en"
