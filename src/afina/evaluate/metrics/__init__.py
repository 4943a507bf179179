"""Metrics: how good predictions are."""

from __future__ import annotations

from collections.abc import Iterable

from ...table import Table
from .accuracy import Accuracy
from .base import Metric, decide, right
from .bleu import Bleu
from .calibration_error import CalibrationError
from .chrf import ChrF
from .exact_answer import ExactAnswer
from .exact_match import ExactMatch
from .log_loss import LogLoss
from .macro_f1 import MacroF1
from .mae import MeanAbsoluteError
from .micro_f1 import MicroF1
from .mrr_10 import Mrr10
from .ndcg_10 import Ndcg10
from .of_numbers import NumberMetric
from .of_rankings import RankingMetric
from .of_tags import TagMetric
from .of_texts import TextMetric
from .pearson import Pearson
from .perplexity import Perplexity
from .r2 import R2
from .recall_10 import Recall10
from .recall_100 import Recall100
from .rmse import RootMeanSquaredError
from .rouge_l import RougeL
from .span_f1 import SpanF1
from .tag_accuracy import TagAccuracy

__all__ = [
    "METRICS", "Metric", "NumberMetric", "RankingMetric", "TagMetric", "TextMetric", "decide", "metrics_of",
    "right",
]  # fmt: skip

METRICS: Table[Metric] = Table(
    "metric",
    Metric,  # type: ignore[type-abstract]
    [
        MacroF1, MicroF1, Accuracy, ExactMatch, CalibrationError, LogLoss,
        RootMeanSquaredError, MeanAbsoluteError, R2, Pearson, SpanF1, TagAccuracy, Perplexity,
        ChrF, Bleu, RougeL, ExactAnswer, Ndcg10, Mrr10, Recall10, Recall100,
    ],
)  # fmt: skip


def metrics_of(kinds: Iterable[str], *, multi_label: bool) -> dict[str, Metric]:
    """kind -> metric, for rows of one or of many labels. Raises RecipeError where one does not apply."""
    labels = "many" if multi_label else "one"
    return {kind: METRICS.make({"kind": kind, "labels": labels}) for kind in kinds}
