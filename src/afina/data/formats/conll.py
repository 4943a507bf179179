"""CoNLL: a word and its tags on each line, an empty line after each sentence."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
        names = _names(blocks)
        width = len(names)
        if width < 2:
            raise DataError(_("a word and its tag are needed on each line."), where=str(source.path))
        rows: list[dict[str, object]] = []
        places, problems = [], []
        for block in blocks:
            ragged = next(((line, cells) for line, cells in block if len(cells) != width), None)
            if ragged is not None:
                told = _("this line does not have {width} columns, as most do, but {count}.")
                what = told.format(count=len(ragged[1]), width=width)
                problems.append(Problem(what, f"{source.path}:{ragged[0]}"))
                continue
            lines = [cells for _line, cells in _words(block, names)]
            if lines:
                rows.append({name: list(column) for name, column in zip(names, zip(*lines), strict=True)})
                places.append(block[0][0])
        sheet = sheet_of(source.path, self.kind, rows, places, problems)
        told = _("{path}: read as CoNLL, {encoding}, {columns} columns.")
        told = told.format(path=source.path, encoding=source.decoded.encoding, columns=width)
        return {"": sheet.noting(told, source.decoded.note)}

    def rewrite(self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]) -> bytes:
        """The lines as they are, but for the cells that differ and the sentences that are not there."""
        (sheet,) = sheets.values()
        kept = dict(zip(sheet.lines, sheet.rows, strict=True))
        lines: list[str | None] = [*io.StringIO(source.decoded.text)]
        blocks = list(_blocks(source.decoded.text))
        names = _names(blocks)
        for block in blocks:
            first, last = block[0][0], block[-1][0]
            if first not in kept:
                # With the comments above it, and the empty line below.
                while first > 1 and _comment(lines[first - 2] or ""):
                    first -= 1
                lines[first - 1 : last + 1] = [None] * len(lines[first - 1 : last + 1])
                continue
            columns: list[Sequence[str]] = [kept[first][name] for name in names]  # type: ignore[misc]
            for (number, before), *after in zip(_words(block, names), *columns, strict=True):
                if after != before:
                    line = lines[number - 1] or ""
                    end = line[len(line.rstrip("\r\n")) :]
                    lines[number - 1] = ("\t" if "\t" in line else " ").join(after) + end
        return "".join(filter(None, lines)).encode("utf-8", "surrogatepass")


def _names(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Of the columns that most lines have."""
    widths = Counter(len(cells) for block in blocks for _line, cells in block)
    width = max(widths, key=widths.__getitem__, default=0)
    if width == len(_UNIVERSAL):
        return _UNIVERSAL
    return ("words", *(f"column {number}" for number in range(2, width)), "tags") if width > 1 else ()


def _words(block: Block, names: Sequence[str]) -> Block:
    """In CoNLL-U, what stands for several words (3-4) or for one that is not there (3.1) is no word."""
    return [(line, cells) for line, cells in block if names != _UNIVERSAL or cells[0].isdigit()]


def _comment(line: str) -> bool:
    """Above a sentence, without columns; the word '#' has a tag."""
    return line.startswith("# ") and "\t" not in line


def _blocks(text: str) -> Iterator[Block]:
    """Sentences, without comments and marks of documents."""
    block: Block = []
    for number, line in enumerate(io.StringIO(text), 1):
        line = line.rstrip("\r\n")
        if not line.strip() or line.startswith("-DOCSTART-"):
            if block:
                yield block
            block = []
        elif block or not _comment(line):
            block.append((number, line.split("\t") if "\t" in line else line.split()))
    if block:
        yield block
