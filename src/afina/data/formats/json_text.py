"""What JSON and JSON Lines have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

from ...errors import Problem
from ...language import _

__all__ = ["broken", "looks_like_json", "meant_as", "refuse_constant", "unusable"]


class _BadConstant(ValueError):
    """A word that JSON does not have."""


def looks_like_json(text: str) -> bool:
    """Whether a text starts as a JSON object or a list of objects does."""
    start = text.lstrip()[:200]
    after = start[1:].lstrip()[:1]
    return (start[:1] == "{" and after in ('"', "}")) or (start[:1] == "[" and after in ("{", "[", "]", '"'))


def refuse_constant(name: str) -> NoReturn:
    """JSON has no NaN and no Infinity, although Python reads them."""
    raise _BadConstant(_("{name} is not a JSON value").format(name=name))


def meant_as(path: Path, text: str, *endings: str) -> bool:
    """Whether a text that does not look like JSON was meant to be some: by the file's name and its start."""
    return path.suffix.lower() in endings and text.lstrip()[:1] in ("[", "{")


def broken(error: json.JSONDecodeError, line: str) -> Problem:
    """What is told of a text that is no JSON; ``line`` is ``file:line``."""
    if error.doc[error.pos :].strip():
        fix = _("Look for a missing or extra comma, quote or bracket there.")
    else:
        fix = _("It ends too early: it may be cut off.")
    return Problem(_("this is not valid JSON."), f"{line}:{error.colno}", fix)


def unusable(error: ValueError | RecursionError, where: str) -> Problem:
    """What is told of JSON that Python does not take."""
    told = _("it is nested too deeply, or a number is too long")
    reason = str(error) if isinstance(error, _BadConstant) else told
    return Problem(_("this JSON cannot be used ({reason}).").format(reason=reason), where)
