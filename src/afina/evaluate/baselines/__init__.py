"""Cheaper alternatives. One file per baseline, and one line here, cheapest first."""

from ...table import Table
from .base import Baseline, Context, Outcome
from .bm25 import Bm25Search
from .features import FrozenFeatures
from .features_ridge import FeaturesRidge
from .lexicon import Lexicon
from .majority import Majority
from .mean import Mean
from .tfidf import TfIdf
from .tfidf_ridge import TfIdfRidge
from .tfidf_search import TfIdfSearch
from .word_shapes import WordShapes
from .word_tags import WordTags

__all__ = ["BASELINES", "Baseline", "Context", "Outcome"]

BASELINES: Table[Baseline] = Table(
    "baseline",
    Baseline,  # type: ignore[type-abstract]
    [
        Majority, Lexicon, TfIdf, FrozenFeatures, Mean, TfIdfRidge, FeaturesRidge, WordTags, WordShapes,
        TfIdfSearch, Bm25Search,
    ],
)  # fmt: skip
