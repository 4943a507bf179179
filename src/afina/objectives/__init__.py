"""What is minimised. One file per objective, and one line here."""

from ..table import Table
from .base import Objective
from .binary_cross_entropy import BinaryCrossEntropy
from .contrastive import Contrastive
from .cross_entropy import CrossEntropy
from .distill import Distill
from .info_nce import InfoNce
from .masked_lm import MaskedLm
from .next_token import NextToken
from .relevance import Relevance
from .seq2seq import Seq2Seq
from .span_corruption import SpanCorruption
from .squared_error import SquaredError
from .token_cross_entropy import TokenCrossEntropy

__all__ = ["OBJECTIVES", "Objective"]

OBJECTIVES: Table[Objective] = Table(
    "objective",
    Objective,  # type: ignore[type-abstract]
    [
        CrossEntropy, BinaryCrossEntropy, Contrastive, Distill, SquaredError, TokenCrossEntropy,
        NextToken, MaskedLm, Seq2Seq, SpanCorruption, InfoNce, Relevance,
    ],
)  # fmt: skip
