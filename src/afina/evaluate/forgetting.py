"""What training costs in general: the perplexity of texts that are not of the domain, before and after."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.conversation import PlainText
from ..data.example import Where
from ..data.passages import paragraphs
from ..models.source import resolve
from .metrics import METRICS
from .statistics import draws, resample

__all__ = ["general_texts", "perplexities"]

#: How many texts are read.
_COUNT = 32
#: Letters of a Spanish one, about: as many words as an editorial has.
_LETTERS = 1000
#: A paragraph of prose: no heading, list, table, note or line of code.
_PROSE = re.compile(r"[^\W\d_¿¡*`].{80,}", re.DOTALL)
#: What is written in another way than it is read: code, tags, and where links lead.
_MARKS = re.compile(r"<[^>]+>|(?<=\])\([^)]*\)(\{[^}]*\})?|[\[\]*`]")


def general_texts(language: str) -> tuple[str, tuple[PlainText, ...]]:
    """General texts for a model that was trained on data in ``language`` (ISO 639-1), and their own language.

    Spanish ones for Spanish data, and English ones for all others. Raises ModelError where their package
    cannot be had.
    """
    return ("es", _manual()) if language == "es" else ("en", _editorials())


def _manual() -> tuple[PlainText, ...]:
    """Passages of prose from all over a manual in Spanish."""
    made: list[PlainText] = []
    folder = resolve("fastapi-es").folder
    for path in sorted(folder.rglob("*.md")):
        code = False
        lines: list[tuple[int, str]] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code ^= line.startswith("```")
            if not code:
                lines.append((number, line))
        held: list[str] = []
        for number, paragraph in paragraphs(lines):
            text = " ".join(_MARKS.sub("", paragraph).split())
            if _PROSE.fullmatch(text):
                held.append(text)
            if sum(map(len, held)) >= _LETTERS:
                made.append(PlainText(where=Where(path.name, number), text="\n".join(held)))
                held = []
    return tuple(made[number * len(made) // _COUNT] for number in range(_COUNT))


def _editorials() -> tuple[PlainText, ...]:
    """The first editorials of a newspaper, whole: some ten sentences each, which were rated one by one."""
    path = resolve("vader-reviews").folder / "nytEditorialSnippets_GroundTruth.txt"
    rows = [line.split("\t", 2) for line in path.read_text(encoding="utf-8").splitlines()]
    numbered = [(name.partition("_")[0], text) for name, _rating, text in rows]
    texts = [
        " ".join(text for _number, text in group) for _number, group in groupby(numbered, lambda row: row[0])
    ]
    return tuple(
        PlainText(where=Where(path.name, number), text=text) for number, text in enumerate(texts[:_COUNT], 1)
    )


def perplexities(before: NDArray[Any], after: NDArray[Any], *, seed: int, resamples: int) -> dict[str, Any]:
    """Perplexity of the same rows before training and after, and how much it rose, paired.

    Args:
        before: (N, 2) each row's sum of losses, and of what its tokens count.
        after: (N, 2) likewise.
    """
    metric, nothing = METRICS.make("perplexity"), np.zeros_like(before)
    counts = draws(len(before), resamples, seed)
    first, last = (resample(metric, nothing, losses, counts) for losses in (before, after))
    return {
        "rows": len(before),
        "before": first.interval().plain(),
        "after": last.interval().plain(),
        **last.minus(first).plain(),
    }
