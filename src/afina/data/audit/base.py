"""The contract of a check, and what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from ...errors import Problem
from ...section import Section
from ..example import LabelledText, Splits, Where
from ..examples import Cleaned
from ..near_duplicates import normal_form, pairs

__all__ = ["Audited", "Check", "Finding", "Severity", "Suspect", "paired", "placed"]

Severity = Literal["error", "warning", "note"]

#: Rows that a finding names; the others are counted.
NAMED = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the data that a person should know."""

    check: str
    severity: Severity
    message: str
    fix: str
    rows: tuple[str, ...] = ()
    """The first rows it is about, as ``file:line``; pairs as ``a.csv:3 = b.csv:9``."""
    count: int = 0
    """How many rows, or pairs of rows, it is about."""

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "rows": list(self.rows)}


@dataclass(frozen=True, slots=True)
class Suspect:
    """A training row whose label may be wrong."""

    where: Where
    text: str
    label: str
    suggested: str
    margin: float
    """p(suggested) - p(label), greater than 0."""

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "where": str(self.where)}


@dataclass(frozen=True)
class Audited:
    """What is audited."""

    splits: Splits
    labelled: bool = True
    """Whether the rows have labels."""
    multi_label: bool = False
    language: str = "und"
    """ISO 639-1 code of most texts."""
    lengths: Mapping[str, Sequence[int]] | None = None
    """split -> tokens of each of its rows before they are cut, special tokens included."""
    lost: Mapping[str, Sequence[int]] | None = None
    """split -> tokens of each of its rows that were to be learnt and are cut."""
    limit: int | None = None
    """Tokens of a row that the model reads."""
    dropped: Sequence[Problem] = ()
    cleaned: Sequence[Cleaned] = ()
    beside: Mapping[str, Mapping[Where, str]] = field(default_factory=dict)
    """Column that is not used -> what it says of training rows, such as where they come from."""
    suspects: Callable[[], Sequence[Suspect]] = tuple
    """Finds the training rows whose label may be wrong, the most suspicious first; it may take a while."""

    @cached_property
    def rows(self) -> tuple[tuple[str, LabelledText], ...]:
        """(split, example) of all rows."""
        return tuple((name, example) for name, side in self.splits.items() for example in side)

    @cached_property
    def originals(self) -> tuple[str, ...]:
        """The text of each row before it was cleaned."""
        before = {change.where: change.before for change in self.cleaned}
        return tuple(before.get(example.where, example.text) for _split, example in self.rows)

    @cached_property
    def same(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the rows that have the same text, but for case, accents and spaces; two or more each."""
        found: dict[str, list[int]] = {}
        for number, (_split, example) in enumerate(self.rows):
            found.setdefault(normal_form(example.text), []).append(number)
        return tuple(tuple(numbers) for numbers in found.values() if len(numbers) > 1)

    def near(self, threshold: float) -> list[tuple[int, int, float]]:
        """Row numbers of near-duplicates that are no duplicates, with their similarity."""
        texts = [example.text for _split, example in self.rows]
        return [found for found in pairs(texts, threshold) if found[2] < 1.0]


class Check(Section, ABC):
    """A question asked about the data before anything is learnt from them."""

    place: ClassVar[str] = "audit"
    kind: str
    of_labels: ClassVar[bool] = False
    """Whether it asks about labels."""

    @abstractmethod
    def run(self, audited: Audited) -> Iterator[Finding]:
        """Everything found, at most one finding for each kind of trouble."""


def placed(examples: Iterable[LabelledText]) -> tuple[str, ...]:
    """The places of the first rows, for a finding."""
    return tuple(str(example.where) for example, _number in zip(examples, range(NAMED)))


def paired(places: Iterable[tuple[Where, Where]]) -> tuple[str, ...]:
    """The places of the first pairs, for a finding."""
    return tuple(f"{first} = {second}" for (first, second), _number in zip(places, range(NAMED)))
