"""The contract of an objective: what is minimised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.batch import epoch_order
from ..data.example import Example
from ..data.row import Batch, Row, Tools
from ..models.network import Network
from ..section import Section

__all__ = ["Objective"]


class Objective(Section, ABC):
    """What is minimised.

    Losses are *sums* and weights are known before any forward pass. Only the loop divides, once per
    optimizer step, by the weight over all micro-batches and all processes: so a gradient does not depend on
    how a batch was cut into pieces.
    """

    place: ClassVar[str] = "objective"
    kind: str
    takes: ClassVar[type[Example]]
    """The examples it needs."""
    divisible: ClassVar[bool] = True
    """Whether a batch may be cut into micro-batches: False where rows see each other."""
    reads_vectors: ClassVar[bool] = False
    """Whether it compares the rows' vectors (B, H) in the place of scores: then the head learns nothing."""

    varies: ClassVar[bool] = False
    """Whether rows look different in every epoch: then nothing can be kept of what a network says of them."""

    encoder_decoder: ClassVar[bool] = False
    """Whether it trains encoder-decoders, which read one text and write another; others it cannot train."""

    @abstractmethod
    def encode(self, example: Any, tools: Tools) -> Row:
        """Pure and without a model: the same example always gives the same row."""

    def pieces(self, example: Any, tools: Tools) -> list[Row]:
        """An example as one row; as several where it is longer than the model reads and may be cut."""
        return [self.encode(example, tools)]

    def seen(self, row: Row, tools: Tools, draw: Sequence[int]) -> Row:
        """A row as it is seen once. What is random in it depends on ``draw`` alone: seed, epoch, number."""
        return row

    @abstractmethod
    def collate(self, rows: Sequence[Row], tools: Tools, numbers: Sequence[int] = ()) -> Batch:
        """Rows padded to the longest; ``numbers`` are their positions in the split."""

    def order(
        self, rows: Sequence[Row], lengths: Sequence[int], batch: int, seed: int, epoch: int
    ) -> list[list[int]]:
        """The row numbers of each optimizer step of one epoch, ``ceil(N / batch)`` steps; every row once."""
        return epoch_order(lengths, batch, seed, epoch)

    @abstractmethod
    def weigh(self, batch: Batch, tools: Tools) -> dict[str, float]:
        """The weight of each part of the loss, such as ``{"rows": 32.0}``; a part of weight 0 is left out."""

    @abstractmethod
    def loss(self, model: Callable[..., Tensor], batch: Batch, tools: Tools) -> dict[str, Tensor]:
        """The same keys as :meth:`weigh`, each a scalar SUM.

        ``model`` takes ``**batch.inputs`` and gives scores: the network, or what it said before. An objective
        that reads vectors asks for them with ``vectors=True``.
        """

    def solve(
        self, features: NDArray[Any], targets: NDArray[Any], weights: NDArray[Any], c: float, tools: Tools
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The head that is best for it on a frozen trunk, in one go: weight (W, H) and bias (W,).

        Args:
            features: (N, H) outputs of the trunk.
            targets: (N, W) of the rows.
            weights: (N,) of the rows.
            c: inverse strength of the regularisation.

        Raises NotImplementedError where there is no such way.
        """
        raise NotImplementedError(f"{self.kind} has no solution in closed form")

    def width(self, network: Network, tools: Tools) -> int:
        """How many numbers :meth:`outcome` gives a row at most; where there are fewer, zeros follow."""
        return len(tools.labels)

    def outcome(self, said: Tensor, batch: Batch) -> Tensor:
        """(B, W): what an evaluation keeps of each row, from what the network said."""
        return said
