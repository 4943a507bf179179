"""What a row of data is once it has been read: an example that remembers where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["Example", "LabelledText", "RatedText", "Splits", "TaggedText", "Where"]


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a row: the file as the person named it, and the line, counted from 1.

    In a spreadsheet the line is the sheet's row; in Parquet and Arrow, where there are no lines, and in JSON
    whose objects share lines, the number of the record counted from 1.
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Base of every kind of example."""

    where: Where
    weight: float = 1.0
    """How much the example counts in the loss, at least 0."""
    group: str | None = None
    """Examples of one group never stand on two sides of a split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText(Example):
    """A text and what it was labelled with."""

    text: str
    """After cleaning."""
    target: Mapping[str, float] | None = None
    """label -> probability. One label of probability 1 for plain data; several that sum to 1 for soft
    labels; several of probability 1 for multi-label data; empty for multi-label data without any label;
    None where nothing is known (texts to predict)."""

    @property
    def label(self) -> str | None:
        """The most probable label, or None."""
        return max(self.target, key=self.target.__getitem__) if self.target else None

    @property
    def labels(self) -> frozenset[str]:
        """The labels that hold; of soft labels, the most probable."""
        sure = frozenset(label for label, share in (self.target or {}).items() if share == 1.0)
        return sure or frozenset(filter(None, [self.label]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedText(Example):
    """A text, or a pair of texts, and the number that belongs to it."""

    target: ClassVar[None] = None
    label: ClassVar[None] = None

    texts: tuple[str, ...]
    """One text, or the two of a pair, after cleaning."""
    value: float

    @property
    def text(self) -> str:
        """Both texts of a pair, one below the other."""
        return "\n".join(self.texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedText(Example):
    """The words of a sentence, and the tag of each."""

    target: ClassVar[None] = None
    label: ClassVar[None] = None

    words: tuple[str, ...]
    tags: tuple[str, ...]
    """In BIO form where they mark spans."""

    @property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Splits:
    """The data of a run, split before anything is learnt: examples of the kind that the task takes."""

    train: tuple[Any, ...]
    dev: tuple[Any, ...]
    test: tuple[Any, ...]

    def items(self) -> tuple[tuple[str, tuple[Any, ...]], ...]:
        return ("train", self.train), ("dev", self.dev), ("test", self.test)

    def some(self, numbers: Mapping[str, Sequence[int]]) -> Splits:
        """Only these examples of the sides that are named."""
        sides = {
            name: tuple(side[number] for number in numbers[name]) if name in numbers else side
            for name, side in self.items()
        }
        return Splits(**sides)
