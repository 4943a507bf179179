"""Contrastive learning on labelled texts: alike together, unlike apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import normalize

from ..data.batch import collate_texts
from ..data.example import LabelledText
from ..data.render import encode_labelled
from ..data.row import Batch, Row, Tools
from ..models.network import Network
from .base import Objective

__all__ = ["Contrastive"]


class Contrastive(Objective):
    """Contrastive: texts with one label come to lie together, those with different labels apart.

    For few labelled rows, before a head is fitted on the vectors (SetFit, Tunstall et al. 2022). A batch of B
    rows is read once and gives all of its B(B - 1)/2 pairs, so pairs are never listed and a text is not read
    again for each of them.

    With u_i the vector of row i scaled to length 1, s_ij = u_i·u_j, and the label of a row its likeliest one:

    - ``cosine``: ``Σ (1 - s_ij)²`` over the pairs of one label, and ``Σ s_ij²`` over those of two. Each of
      the two is a part of its own and is divided by the number of its pairs, so that both count the same
      however many classes there are; SetFit draws as many pairs of either sort to this end.
    - ``multiple_negatives``: for each row that shares its label with another one of the batch, the mean over
      those others of ``-log(exp(s_ip/τ) / Σ_{a≠i} exp(s_ia/τ))`` (Khosla et al. 2020, L_out; Henderson et al.
      2017 with one positive).
    """

    kind: Literal["contrastive"] = "contrastive"
    takes: ClassVar[type[LabelledText]] = LabelledText
    divisible: ClassVar[bool] = False
    reads_vectors: ClassVar[bool] = True
    form: Literal["cosine", "multiple_negatives"] = "cosine"
    """What is made small: the distance of each pair's similarity from 1 or 0 (cosine), or how hard it is to
    tell a text of the same label from all others (multiple_negatives)."""
    temperature: float = Field(0.05, gt=0)
    """What similarities are divided by in multiple_negatives: the smaller, the more the nearest texts
    count."""

    def encode(self, example: LabelledText, tools: Tools) -> Row:
        return encode_labelled(example, tools)

    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        return collate_texts(rows, tools, numbers)

    def order(
        self, rows: Sequence[Row], lengths: Sequence[int], batch: int, seed: int, epoch: int
    ) -> list[list[int]]:
        """Batches of nearly one size in which every label has its share, as far as its rows suffice."""
        generator = np.random.default_rng([seed, epoch])
        by_label: dict[int, list[int]] = {}
        for number in generator.permutation(len(rows)).tolist():
            by_label.setdefault(int(np.argmax(rows[number].target)), []).append(number)
        # The k-th of n rows of a label stands at (k + 1/2)/n of the way: neighbours mix all labels.
        dealt = sorted(
            ((place + 0.5) / len(members), label, number)
            for label, members in by_label.items()
            for place, number in enumerate(members)
        )
        steps = np.array_split([number for _place, _label, number in dealt], -(-len(rows) // batch))
        return [steps[place].tolist() for place in generator.permutation(len(steps))]

    def _pairs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(B, B) weights of the pairs of one label, and of those of two; none of a row with itself."""
        assert batch.targets is not None
        label = batch.targets.argmax(-1)
        weight = batch.weights.double()
        mass = (weight.unsqueeze(0) * weight.unsqueeze(1)).fill_diagonal_(0.0)
        alike = label.unsqueeze(0) == label.unsqueeze(1)
        return mass * alike, mass * ~alike

    def weigh(self, batch: Batch, tools: Tools) -> dict[str, float]:
        alike, unlike = self._pairs(batch)
        if self.form == "cosine":
            # Each pair stands twice in the matrix.
            return {"alike": float(alike.sum() / 2), "unlike": float(unlike.sum() / 2)}
        return {"anchors": float(batch.weights[(alike > 0).any(-1).to(batch.weights.device)].double().sum())}

    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        vectors = normalize(model(**batch.inputs, vectors=True), dim=-1)
        similarity = vectors @ vectors.T
        alike, unlike = (mass.to(similarity) for mass in self._pairs(batch))
        if self.form == "cosine":
            return {
                "alike": (alike * (1 - similarity) ** 2).sum() / 2,
                "unlike": (unlike * similarity**2).sum() / 2,
            }
        itself = torch.eye(len(similarity), dtype=torch.bool, device=similarity.device)
        chances = (similarity / self.temperature).masked_fill(itself, -torch.inf).log_softmax(-1)
        positives = alike > 0
        among = chances.masked_fill(~positives, 0.0).sum(-1) / positives.sum(-1).clamp_min(1)
        return {"anchors": -(among * batch.weights.to(similarity)).sum()}

    def width(self, network: Network, tools: Tools) -> int:
        return network.width
