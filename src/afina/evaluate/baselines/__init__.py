"""Cheaper alternatives. One file per baseline, and one line here, cheapest first."""

from ...table import Table
from .base import Baseline, Context, Outcome
from .bm25 import Bm25Search
from .features import FrozenFeatures
from .lexicon import Lexicon
from .majority import Majority
from .tfidf import TfIdf
from .tfidf_search import TfIdfSearch

__all__ = ["BASELINES", "Baseline", "Context", "Outcome"]

BASELINES: Table[Baseline] = Table(
    "baseline",
    Baseline,  # type: ignore[type-abstract]
    [Majority, Lexicon, TfIdf, FrozenFeatures, TfIdfSearch, Bm25Search],
)
