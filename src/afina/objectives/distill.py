"""Distillation: the probabilities of a teacher are learnt beside the labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor
from torch.nn.functional import log_softmax

from ..data.example import LabelledText
from ..data.render import encode_labelled
from ..data.row import Batch, Row, Tools
from .rows import RowObjective

__all__ = ["Distill"]


class Distill(RowObjective):
    """Distillation: a smaller or cheaper model learns what a trained one thinks of every label.

    For a row of weight w with label distribution t, the teacher's probabilities q and scores z, the loss is
    ``w · [(1 - s)·H(t, softmax z) + s·T²·KL(q_T || softmax(z/T))]``, q_T being proportional to q^(1/T), s the
    teacher's share and T the temperature (Hinton, Vinyals & Dean 2015). The sum of all w is the weight that
    the loop divides by.
    """

    kind: Literal["distill"] = "distill"
    takes: ClassVar[type[LabelledText]] = LabelledText
    teacher: str = ""
    """The folder of the run or the model that is learnt from. It must know the same labels."""
    temperature: float = Field(2.0, gt=0, le=100)
    """How much the teacher's probabilities are evened out: the more, the more is learnt of which wrong labels
    are nearly right."""
    share: float = Field(0.5, gt=0, le=1)
    """How much the teacher counts beside the labels of the data, from just above 0 to 1: only the
    teacher."""

    def encode(self, example: LabelledText, tools: Tools) -> Row:
        """The target is the probabilities of the label, (C,), and then those of the teacher, (C,)."""
        row = encode_labelled(example, tools)
        return replace(row, target=(*row.target, *tools.taught[example.text]))

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        assert batch.targets is not None
        scores = model(**batch.inputs)
        label, taught = batch.targets.to(scores).tensor_split(2, -1)
        own = -(label * log_softmax(scores, -1)).sum(-1)
        # A teacher may be certain: what it holds impossible stays impossible.
        even = (taught.clamp_min(1e-9).log() / self.temperature).log_softmax(-1)
        said = log_softmax(scores / self.temperature, -1)
        theirs = self.temperature**2 * (even.exp() * (even - said)).sum(-1)
        mixed = (1 - self.share) * own + self.share * theirs
        return {"rows": (mixed * batch.weights.to(scores)).sum()}
