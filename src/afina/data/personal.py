"""Personal data in texts: found by their form, and by their check digits where they have any.

The rules: IBAN by ISO 13616 (modulo 97), payment cards by ISO/IEC 7812 (Luhn) and the lengths of their
issuers, the letter of the Spanish DNI and NIE (modulo 23), the check digits of the Colombian NIT (DIAN), the
Chilean RUT (modulo 11) and the Mexican CURP (modulo 10), the numbers that the Social Security Administration
of the United States never issued. A Colombian cédula has no check digit: it counts only where the text calls
it so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

__all__ = ["masked", "personal"]

_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    digits = _digits(text)
    lengths = {"3": (15,), "4": (13, 16, 19), "5": (16,), "6": (16, 19), "2": (16,)}.get(digits[0], ())
    doubled = (2 * int(d) if at % 2 else int(d) for at, d in enumerate(reversed(digits)))
    return (
        len(digits) in lengths and len(set(digits)) > 1 and sum(n // 10 + n % 10 for n in doubled) % 10 == 0
    )


def _is_dni(text: str) -> bool:
    plain = re.sub(r"[\s.-]", "", text).upper()
    return _LETTERS[int(plain[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == plain[-1]


def _is_nit(text: str) -> bool:
    *number, check = map(int, _digits(text))
    rest = sum(weight * digit for weight, digit in zip(_WEIGHTS, reversed(number))) % 11
    return check == (rest if rest < 2 else 11 - rest)


def _is_rut(text: str) -> bool:
    number, _dash, check = text.replace(".", "").upper().partition("-")
    rest = -sum(int(digit) * (2 + at % 6) for at, digit in enumerate(reversed(number))) % 11
    return check == ("K" if rest == 10 else str(rest))


def _is_curp(text: str) -> bool:
    letters, check = text[:-1].upper(), text[-1]
    total = sum(weight * _CURP.index(letter) for weight, letter in zip(range(18, 1, -1), letters))
    return check == str(-total % 10)


def _is_ssn(text: str) -> bool:
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _is_phone(text: str) -> bool:
    return 7 <= len(_digits(text)) <= 15


#: Kind -> its form, and what its digits must fulfil. What one kind has found is no other one's.
_KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "email": (re.compile(r"[\w.+%-]+@(?:[\w-]+\.)+[^\W\d_]{2,}"), bool),
    "iban": (
        # In digits alone first: what follows such an account in capitals is no part of it.
        re.compile(
            r"\b(?i:[A-Z]{2})\d{2}(?: ?\d{4}){2,7}(?: ?\d{1,3})?\b"
            r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
        ),
        _is_iban,
    ),
    "card": (re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,18}(?![\w-])"), _is_card),
    "dni": (re.compile(r"\b(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZxyz]-?\d{7})[ -]?[A-Za-z]\b"), _is_dni),
    "ssn": (re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"), _is_ssn),
    "nit": (re.compile(r"(?<![\w.-])(?:\d{3}\.\d{3}\.\d{3}|[89]\d{8})-\d(?![\w-])"), _is_nit),
    "rut": (
        re.compile(r"(?<![\w.-])(?:\d{1,2}\.\d{3}\.\d{3}|\d{7,8})-[\dKk](?![\w-])"),
        _is_rut,
    ),
    "curp": (re.compile(r"\b(?i:[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d)\b"), _is_curp),
    "cedula": (
        re.compile(
            r"(?:(?i:\bc[ée]dulas?)|\bC\. ?C\.|\bCC)\W{0,3}"
            r"(?:(?i:no|n[úu]mero|de|ciudadan[íi]a)\W{1,3})*\d{1,3}(?:[.,]?\d{3}){2,3}\b"
        ),
        bool,
    ),
    "phone": (
        # +34 612 345 678; (415) 555-0132, (601) 745 2233; 415-555-0132; 612 34 56 78; 300 123 4567, also
        # without spaces; 55 1234 5678; 9 8765 4321.
        re.compile(
            r"(?<![\w.,/-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"
            r"|\(\d{3}\) ?\d{3}[ -]\d{4}|\d{3}-\d{3}-\d{4}"
            r"|[679]\d{2}(?: \d{2}){3}|[679]\d{2} \d{3} \d{3}|6\d{8}"
            r"|3[0-5]\d ?\d{3} ?\d{4}|(?:33|5[56]|81|9) \d{4} \d{4})(?![\w/-]|[.,]\d)"
        ),
        _is_phone,
    ),
}  # fmt: skip


def personal(text: str) -> Iterator[tuple[str, str]]:
    """(kind, what was found) of everything in a text.

    The kinds: ``email``, ``iban``, ``card``, ``dni`` (DNI or NIE), ``ssn``, ``nit``, ``rut``, ``curp``,
    ``cedula``, ``phone``.
    """
    if not any(map(str.isdigit, text)) and "@" not in text:
        return
    for kind, (form, holds) in _KINDS.items():
        for match in form.finditer(text):
            if holds(match[0]):
                yield kind, match[0]
                text = text.replace(match[0], " " * len(match[0]))


def masked(found: str) -> str:
    """The first and the last sign, and dots in the place of the letters and digits between them."""
    return found[0] + re.sub(r"\w", "•", found[1:-1]) + found[-1]
