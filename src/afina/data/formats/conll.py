"""CoNLL: a word and its tags on each line, an empty line after each sentence."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from ...errors import DataError, Problem
from ...language import _
from .base import Format, Reading, Sheet, Source, sheet_of

__all__ = ["Conll"]

#: Lines looked at to tell whether a file is of this kind.
SAMPLE = 500
#: The share of lines that have equally many columns.
MOST = 0.7
_TAG = re.compile(r"O|[BIESLU]-\S+")
#: What a line of CoNLL-U has; words and their parts of speech are named as everywhere.
_UNIVERSAL = ("id", "words", "lemma", "tags", "xpos", "feats", "head", "deprel", "deps", "misc")

#: A sentence: the number and the cells of each of its lines.
Block = list[tuple[int, list[str]]]


class Conll(Format):
    """CoNLL, CoNLL-U, BIO: a word and its tags on each line, an empty line after each sentence."""

    kind: Literal["conll"] = "conll"

    def recognises(self, source: Source) -> bool:
        lines = source.decoded.text.splitlines()[:SAMPLE]
        blocks = list(_blocks("\n".join(lines)))
        if len(blocks) < 2:
            return False
        every = [cells for block in blocks for _line, cells in block]
        width, count = Counter(map(len, every)).most_common(1)[0]
        # A line that lacks its tag is told when the file is read.
        if width < 2 or count < MOST * len(every):
            return False
        whole = [cells for cells in every if len(cells) == width]
        if "\t" in next(line for line in lines if line.strip() and not line.startswith(("#", "-DOCSTART-"))):
            return not any(" " in cell for cells in whole for cell in cells[:-1])
        return all(_TAG.fullmatch(cells[-1]) for cells in whole)

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        blocks = list(_blocks(source.decoded.text))
        widths = Counter(len(cells) for block in blocks for _line, cells in block)
        width = max(widths, key=widths.__getitem__, default=0)
        if width < 2:
            raise DataError(_("a word and its tag are needed on each line."), where=str(source.path))
        universal = width == len(_UNIVERSAL)
        names = _UNIVERSAL if universal else _names(width)
        rows: list[dict[str, object]] = []
        places, problems = [], []
        for block in blocks:
            ragged = next(((line, cells) for line, cells in block if len(cells) != width), None)
            if ragged is not None:
                told = _("this line does not have {width} columns, as most do, but {count}.")
                what = told.format(count=len(ragged[1]), width=width)
                problems.append(Problem(what, f"{source.path}:{ragged[0]}"))
                continue
            # In CoNLL-U, what stands for several words (3-4) or for one that is not there (3.1) is no word.
            lines = [cells for _line, cells in block if not universal or cells[0].isdigit()]
            if lines:
                rows.append({name: list(column) for name, column in zip(names, zip(*lines), strict=True)})
                places.append(block[0][0])
        sheet = sheet_of(source.path, self.kind, rows, places, problems)
        told = _("{path}: read as CoNLL, {encoding}, {columns} columns.")
        told = told.format(path=source.path, encoding=source.decoded.encoding, columns=width)
        return {"": sheet.noting(told, source.decoded.note)}


def _names(width: int) -> tuple[str, ...]:
    return ("words", *(f"column {number}" for number in range(2, width)), "tags")


def _blocks(text: str) -> Iterator[Block]:
    """Sentences, without comments and marks of documents."""
    block: Block = []
    for number, line in enumerate(io.StringIO(text), 1):
        line = line.rstrip("\r\n")
        if not line.strip() or line.startswith("-DOCSTART-"):
            if block:
                yield block
            block = []
        # A comment stands above its sentence and has no columns; the word '#' has a tag.
        elif not (line.startswith("# ") and "\t" not in line and not block):
            block.append((number, line.split("\t") if "\t" in line else line.split()))
    if block:
        yield block
