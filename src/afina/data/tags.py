"""Tags of words: how they mark spans, and the one form in which they are learnt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["OUTSIDE", "Span", "in_bio", "marks_spans", "spans"]

#: The tag of a word that belongs to no span.
OUTSIDE = "O"
_MARKED = re.compile(r"([BIESLU])-(.+)", re.DOTALL)


class Span(NamedTuple):
    """Neighbouring words with one label."""

    start: int
    """Its first word, counted from 0."""
    end: int
    """The word after its last."""
    label: str


def marks_spans(tags: Iterable[str]) -> bool:
    """Whether tags say where spans begin and end, as B-PER does; otherwise they are of single words."""
    marked = {tag for tag in tags if tag != OUTSIDE}
    return bool(marked) and all(map(_MARKED.fullmatch, marked))


def in_bio(tags: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The tags of one sentence in BIO form, and how many of them began a span without saying so.

    IOBES and BILOU mark the same spans with other letters. A tag such as I-PER where no span of PER is open
    begins one, as in conlleval (Tjong Kim Sang & Buchholz 2000); so does IOB1 mean it.
    """
    made, repaired, still = [], 0, ""
    for tag in tags:
        found = _MARKED.fullmatch(tag)
        if found is None:
            made.append(tag)
            still = ""
            continue
        mark, label = found.groups()
        begins = mark in "BSU" or label != still
        repaired += begins and mark not in "BSU"
        made.append(f"{'B' if begins else 'I'}-{label}")
        still = "" if mark in "ESLU" else label
    return tuple(made), repaired


def spans(tags: Sequence[str]) -> list[Span]:
    """The spans that tags in BIO form mark, in their order; tags of single words mark one word each.

    An I where no span of its label is open begins one.
    """
    found: list[Span] = []
    open_label = ""
    for place, tag in enumerate(tags):
        mark, dash, label = tag.partition("-")
        if tag == OUTSIDE:
            open_label = ""
        elif mark not in ("B", "I") or not dash:
            found.append(Span(place, place + 1, tag))
            open_label = ""
        elif mark == "I" and label == open_label:
            found[-1] = found[-1]._replace(end=place + 1)
        else:
            found.append(Span(place, place + 1, label))
            open_label = label
    return found
