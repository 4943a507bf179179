"""What counts as a word to baselines."""

from __future__ import annotations

__all__ = ["TOKEN"]

#: Words, and every other sign by itself: of a text of emoji alone something is left, and "!" says a lot.
TOKEN = r"(?u)\w+|[^\w\s]"
