"""Documents cut into passages: as many whole paragraphs as make a page or so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

__all__ = ["ENDINGS", "LETTERS", "paragraphs", "passages"]

#: Names of files that hold prose end so.
ENDINGS = (".txt", ".md", ".markdown")

#: Letters of a passage, about: a paragraph is never cut, and a passage ends with the one that reaches this.
LETTERS = 2000


def paragraphs(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Lines with their numbers -> paragraphs with the number of their first line.

    Where a number is left out, or a line is empty, a paragraph ends.
    """
    held: list[str] = []
    first = last = 0
    for number, line in lines:
        if held and (number != last + 1 or not line.strip()):
            yield first, "\n".join(held)
            held = []
        if line.strip():
            first = first if held else number
            held.append(line.rstrip())
        last = number
    if held:
        yield first, "\n".join(held)


def passages(parts: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Paragraphs in their order, put together; an empty line stands between two of them."""
    made: list[tuple[int, str]] = []
    held: list[str] = []
    first = 0
    for number, text in parts:
        first = first if held else number
        held.append(text)
        if sum(map(len, held)) >= LETTERS:
            made.append((first, "\n\n".join(held)))
            held = []
    if held:
        made.append((first, "\n\n".join(held)))
    return made
