"""What JSON and JSON Lines have in common."""

from __future__ import annotations

from typing import NoReturn

from ...language import _

__all__ = ["looks_like_json", "refuse_constant"]


def looks_like_json(text: str) -> bool:
    """Whether a text starts as a JSON object or a list of objects does."""
    start = text.lstrip()[:200]
    after = start[1:].lstrip()[:1]
    return (start[:1] == "{" and after in ('"', "}")) or (start[:1] == "[" and after in ("{", "[", "]", '"'))


def refuse_constant(name: str) -> NoReturn:
    """JSON has no NaN and no Infinity, although Python reads them."""
    raise ValueError(_("{name} is not a JSON value").format(name=name))
