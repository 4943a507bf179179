"""Cheaper alternatives. One file per baseline, and one line here, cheapest first."""

from ...table import Table
from .base import Baseline, Context, Outcome
from .bm25 import Bm25Search
from .features import FrozenFeatures
from .features_ridge import FeaturesRidge
from .few_shot import FewShotLabels
from .lexicon import Lexicon
from .majority import Majority
from .mean import Mean
from .nearest import Nearest
from .nearest_mean import NearestMean
from .retrieval import RetrievalLabels
from .tfidf import TfIdf
from .tfidf_ridge import TfIdfRidge
from .tfidf_search import TfIdfSearch
from .word_shapes import WordShapes
from .word_tags import WordTags
from .zero_shot import ZeroShot

__all__ = ["BASELINES", "Baseline", "Context", "Outcome"]

BASELINES: Table[Baseline] = Table(
    "baseline",
    Baseline,  # type: ignore[type-abstract]
    [
        Majority, Lexicon, TfIdf, FrozenFeatures, Nearest, ZeroShot, FewShotLabels, RetrievalLabels,
        Mean, TfIdfRidge, FeaturesRidge, NearestMean, WordTags, WordShapes, TfIdfSearch, Bm25Search,
    ],
)  # fmt: skip
