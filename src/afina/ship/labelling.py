"""Another model as a labelling function."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..data.weak.functions import LabellingFunction, Rows
from .artifact import load_predictor

__all__ = ["ModelLabels"]


class ModelLabels(LabellingFunction):
    """Model: what a model that Afina has trained says, where it is sure enough."""

    kind: Literal["model"] = "model"
    run: str
    """The folder of a finished run whose model tells labels."""
    least: float = Field(0.8, ge=0, le=1)
    """The least probability of an answer that is a vote."""

    def vote(self, rows: Rows) -> dict[str, list[str | None]]:
        answers = load_predictor(self.run).predict(rows.texts) if rows.texts else []
        sure = [answer["probability"] >= self.least for answer in answers]
        return {"": [answer["label"] if any_ else None for answer, any_ in zip(answers, sure, strict=True)]}
