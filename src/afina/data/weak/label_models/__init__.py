"""Label models: from the votes on a row to the probability of each label."""

from __future__ import annotations

from ....table import Table
from .base import ABSTAINS, Chances, Independent, LabelModel, Matrix, Opinion
from .dawid_skene import DawidSkene
from .generative import Generative
from .majority import MajorityVote
from .weighted import WeightedVote

__all__ = ["ABSTAINS", "LABEL_MODELS", "Chances", "Independent", "LabelModel", "Matrix", "Opinion"]

LABEL_MODELS: Table[LabelModel] = Table(
    "label model",
    LabelModel,  # type: ignore[type-abstract]
    [MajorityVote, WeightedVote, DawidSkene, Generative],
)
