"""The contract of a trained model at work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from numpy.typing import NDArray

from ..adapt import Method
from ..data.clean import Clean
from ..data.columns import Columns
from ..data.formats import Sheet
from ..data.load import Data, read_texts
from ..data.row import Row, Tools

__all__ = ["Shipped"]


@dataclass(frozen=True)
class Shipped(ABC):
    """A trained model. Made by :func:`afina.load`, or from the network that has just been trained."""

    network: Any
    tools: Tools
    task: Any
    details: dict[str, Any]
    """What afina.json says beside: base model, licence, language, names of columns."""
    clean: Clean
    """How texts are cleaned before they are answered."""

    #: What :meth:`stream` adds to a row of a table.
    columns: ClassVar[tuple[str, ...]]

    @classmethod
    def made(
        cls, network: Any, tools: Tools, task: Any, details: dict[str, Any], *,
        clean: Clean, method: Method | None,
    ) -> Self:  # fmt: skip
        """A model from a finished training.

        Args:
            clean: how texts were cleaned.
            method: what put something beside the trunk; None where there is nothing.
        """
        return cls(network, tools, task, details, clean)

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, task: Any, values: Mapping[str, Any]) -> Self:
        """The model in a folder that :meth:`save` wrote; ``values`` are those of afina.json."""

    @abstractmethod
    def save(self, folder: Path) -> dict[str, Any]:
        """Writes weights and tokenizer, and gives what afina.json has to say."""

    def given(self, file: Path) -> tuple[Sheet, Sequence[Any]]:
        """The rows of a file to answer, and what :meth:`stream` takes of each. Raises DataError."""
        settings = Data(path=str(file), clean=self.clean)
        return read_texts(file, settings, Columns(self.details["text_column"]))

    def predict(self, texts: Sequence[Any]) -> list[dict[str, Any]]:
        """One object a text; some models take something else in the place of a text, and say so."""
        return list(self.stream(texts))

    @abstractmethod
    def stream(self, texts: Iterable[Any]) -> Iterator[dict[str, Any]]:
        """The same in the order of the texts, with memory that does not grow with their number."""

    @abstractmethod
    def evidence(self, texts: Sequence[Any], rows: Sequence[Row]) -> NDArray[Any]:
        """Numbers that a copy of the model must give exactly: of ``texts``, or of the same texts as rows."""
