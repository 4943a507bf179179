"""A model that tells numbers, at work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..data.columns import Columns, require
from ..data.formats import Sheet
from ..data.load import Data, read_texts
from ..data.render import encode_rated_texts
from ..data.row import Row
from ..errors import DataError
from ..language import _
from ..tasks.regress import Regress
from .pooled_model import PooledModel

__all__ = ["Rater"]


@dataclass(frozen=True)
class Rater(PooledModel):
    """Tells a number: ``value``. Texts are given as pairs (first, second) where it has learnt from pairs."""

    task: Regress

    columns: ClassVar[tuple[str, ...]] = ("value",)
    kept: ClassVar[tuple[str, ...]] = (*PooledModel.kept, "centre", "scale")

    def given(self, file: Path) -> tuple[Sheet, Sequence[Any]]:
        sheet, texts = super().given(file)
        second = self.details.get("pair_column")
        if second is None:
            return sheet, texts
        require(sheet, {str(file): second})
        settings = Data(path=str(file), clean=self.clean)
        return sheet, list(zip(texts, read_texts(file, settings, Columns(second))[1], strict=True))

    def rows(self, texts: Sequence[str | tuple[str, ...]]) -> list[Row]:
        parts = [(one,) if isinstance(one, str) else one for one in texts]
        if any(len(one) != (2 if "pair_column" in self.details else 1) for one in parts):
            raise DataError(
                _("this model takes pairs of texts.")
                if "pair_column" in self.details
                else _("this model takes single texts, not pairs.")
            )
        cleaned = [tuple(self.clean.apply(text)[0] for text in one) for one in parts]
        return list(encode_rated_texts(cleaned, self.tools))

    def answers(self, outputs: NDArray[Any]) -> Iterable[dict[str, Any]]:
        return [{"value": value} for value in outputs.tolist()]
