"""The contract of a labelling function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ....section import Section
from ...example import Where

__all__ = ["LabellingFunction", "Rows"]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that labels are given to."""

    texts: Sequence[str]
    """After cleaning."""
    cells: Sequence[Mapping[str, object]]
    """Column -> cell of each row, as they stand in the file."""
    places: Sequence[Where]

    def __len__(self) -> int:
        return len(self.texts)


class LabellingFunction(Section, ABC):
    """A rule of thumb, an annotator or a model: gives some rows a label, and is right more often than not."""

    place: ClassVar[str] = "data.weak.functions"
    kind: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that the unlabelled rows must have."""
        return ()

    @abstractmethod
    def vote(self, rows: Rows) -> dict[str, list[str | None]]:
        """The label of each row, None where it has nothing to say.

        A function that is several voters in one names each; the name is empty where it is one.

        Raises:
            DataError: with every row that it cannot read.
        """
