"""What a row of data is once it is numbers, and what numbers are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # looking at data must not wait for torch
    from torch import Tensor

__all__ = ["Batch", "Matched", "Paired", "Row", "SourceTarget", "Tools"]


@dataclass(frozen=True, slots=True)
class Tools:
    """What turns an example into numbers. Made by the task once per run, and saved with the model."""

    tokenizer: Any
    """A fast Hugging Face tokenizer."""
    labels: tuple[str, ...]
    """The labels; a class's number is its place here."""
    max_length: int
    """Tokens of a row, special ones included; longer rows are cut."""
    multi_label: bool = False
    """Whether a row may carry several labels, or none."""
    class_counts: tuple[float, ...] = ()
    """Weighted number of training rows of each class."""
    taught: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Text -> the probability of each class that a teacher gives it; only where there is a teacher."""
    start: int | None = None
    """The token that a decoder begins its answers with; None where no encoder reads what is asked."""
    system: str | None = None
    """What the model is told before every conversation that does not say it itself."""
    centre: float = 0.0
    """Weighted mean of the numbers that belong to the training rows."""
    scale: float = 1.0
    """Their weighted standard deviation; numbers are learnt as (value - centre) / scale."""
    query_prefix: str = ""
    """What stands before each question."""
    document_prefix: str = ""
    """What stands before each document."""
    greatest_grade: float = 1.0
    """Of the documents that answer the questions of the training rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """An encoded example: plain numbers, no tensors, so it can be cached, compared and shown."""

    ids: tuple[int, ...]
    """Token ids, special tokens included."""
    target: tuple[float, ...] = ()
    """Probability of each class, or the standardised number that is learnt, or the number of each
    word's tag, -1 for one that is not known; empty without any of them."""
    weight: float = 1.0
    cut: int = 0
    """Tokens lost to ``max_length``."""
    counts: tuple[float, ...] = ()
    """How much it counts in the loss that each token is predicted, 0 for not at all; empty where no token
    is."""
    lost: int = 0
    """Of the tokens lost, those that would have counted."""
    places: tuple[int, ...] = ()
    """Where the first piece stands of each word that has a tag; words at the end may be lost."""

    @property
    def read(self) -> tuple[int, ...]:
        """The ids that ``input_ids`` holds: all of them."""
        return self.ids

    @property
    def key(self) -> tuple[int, ...]:
        """What tells apart rows of which an encoder says different things."""
        return self.read

    @property
    def parts(self) -> tuple[Row, ...]:
        """A row for each text that the network reads by itself: mostly this one alone."""
        return (self,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTarget(Row):
    """What an encoder reads, and behind it in ``ids`` what a decoder is to write."""

    asked: int
    """How many of the ids the encoder reads."""

    @property
    def read(self) -> tuple[int, ...]:
        """The ids that the encoder reads."""
        return self.ids[: self.asked]

    @property
    def written(self) -> tuple[int, ...]:
        """The ids that the decoder is to write."""
        return self.ids[self.asked :]


@dataclass(frozen=True, slots=True)
class Paired(Row):
    """Two texts that the network reads together."""

    second: int = 0
    """Where the tokens of the second text begin, for networks that are told which text a token is of."""

    @property
    def key(self) -> tuple[int, ...]:
        """The ids alone do not say where the second text begins."""
        return (*self.ids, self.second)


@dataclass(frozen=True, slots=True)
class Matched(Row):
    """A question and documents as one row of several texts; ``ids`` holds all of them, one after another."""

    ends: tuple[int, ...] = ()
    """Where each text ends in ``ids``: the question, the document that answers it, and those that do not."""
    documents: tuple[int, ...] = ()
    """The numbers of the documents in the collection."""
    relevant: frozenset[int] = frozenset()
    """The numbers of all documents that answer the question."""

    @property
    def parts(self) -> tuple[Row, ...]:
        """The question and each document."""
        starts = (0, *self.ends[:-1])
        return tuple(Row(self.ids[start:end]) for start, end in zip(starts, self.ends, strict=True))


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as tensors."""

    inputs: dict[str, Tensor]
    """Keyword arguments of the network: input_ids (B, T) int64, attention_mask (B, T) int64; or
    features (B, H) float32 where a frozen trunk's output is already known."""
    targets: Tensor | None
    """(B, C) float32, or (M,) int64 where tokens are predicted, or (B, T) float32 where a row has several of
    the T texts; None where a row has no label."""
    weights: Tensor
    """(B,) float32; how much each row counts."""
    rows: tuple[int, ...] = ()
    """Position of each row in its split, to name rows in messages."""
