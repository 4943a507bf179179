"""The contract of a method: which parameters may move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from ..models.network import Network
from ..section import Section

__all__ = ["Adapted", "Method", "factors_by_depth", "frozen_blocks"]


class Method(Section, ABC):
    """A way to adapt a pretrained network."""

    place: ClassVar[str] = "adapt"
    kind: str
    learning_rate: ClassVar[float]
    """The peak learning rate used when ``train.learning_rate`` is not given."""
    epochs: ClassVar[int]
    """The passes over the training data made when ``train.epochs`` is not given."""
    trains_head: ClassVar[bool] = False
    """Whether nothing but a new head learns."""
    merges: ClassVar[bool] = True
    """Whether what was learnt can be merged into plain layers; otherwise it stands beside the network."""

    @abstractmethod
    def apply(self, network: Network) -> Adapted:
        """Marks what may move, and says so. The network is changed in place."""


class Adapted:
    """A network whose parameters are divided into those that move and those that do not.

    Args:
        network: the network; parameters that move have ``requires_grad``.
        frozen_blocks: how many bottom blocks cannot change (with the embeddings below them);
            -1 when the embeddings themselves can.
        scales: learning-rate factor of each parameter whose factor is not 1, by parameter name.
        closed_form: inverse regularisation strengths to try when the head is solved for in one go instead
            of trained; None to train it.
    """

    def __init__(
        self,
        network: Network,
        *,
        frozen_blocks: int = -1,
        scales: dict[str, float] | None = None,
        closed_form: tuple[float, ...] | None = None,
    ) -> None:
        self.network = network
        self.frozen_blocks = frozen_blocks
        self.closed_form = closed_form
        self._scales = scales or {}

    def enter_epoch(self, epoch: int) -> None:
        """Called by the loop before the first step that it makes in ``epoch``, counted from 0."""

    def trainable(self) -> dict[str, nn.Parameter]:
        """name -> parameter, of those that move at some time of the training."""
        return {name: p for name, p in self.network.named_parameters() if p.requires_grad}

    def groups(self, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
        """Optimizer groups: one for each learning rate, with and without weight decay.

        Biases and norms (every parameter of fewer than two dimensions) are not decayed, after Devlin et al.
        2019 (BERT).
        """
        groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for name, parameter in self.trainable().items():
            key = (self._scales.get(name, 1.0), parameter.ndim >= 2)
            groups.setdefault(key, []).append(parameter)
        return [
            {"params": members, "lr": learning_rate * scale, "weight_decay": weight_decay if decayed else 0.0}
            for (scale, decayed), members in groups.items()
        ]

    @property
    def trunk_frozen(self) -> bool:
        """Whether the trunk's output for a row can never change."""
        return not any(parameter.requires_grad for parameter in self.network.trunk.parameters())

    def train_mode(self) -> None:
        """Dropout on where something learns; blocks that cannot change behave as when predicting."""
        self.network.train()
        for module in self.network.anatomy.frozen_below(self.frozen_blocks):
            module.eval()
        if self.trunk_frozen:
            self.network.trunk.eval()

    @contextmanager
    def off(self) -> Iterator[None]:
        """Inside, the network gives the outputs it had before training, as far as the method can.

        Raises NotImplementedError where the base weights are overwritten (full fine-tuning).
        """
        raise NotImplementedError("this method overwrites the base weights")
        yield  # type: ignore[unreachable]  # what makes it a context manager

    def merge(self) -> Network:
        """The network as plain layers, ready to be saved; the outputs are the same."""
        return self.network

    def write_adapter(self, folder: Path, base: str) -> None:
        """Once merged: writes what was added to the model ``base`` alone, where that is something small.

        The folder is as peft's ``PeftModel.from_pretrained`` expects it.
        """

    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint must hold: those that move."""
        return {name: p.detach() for name, p in self.trainable().items()}


def frozen_blocks(network: Network) -> int:
    """How many bottom blocks, with the embeddings, have nothing that learns; -1 when the embeddings do."""
    anatomy = network.anatomy
    parts = (anatomy.embed, *((block,) for block in anatomy.blocks))
    learning = (any(p.requires_grad for module in part for p in module.parameters()) for part in parts)
    return next((count for count, learns in enumerate(learning, -1) if learns), len(anatomy.blocks))


def factors_by_depth(network: Network, decay: float, head_factor: float) -> dict[str, float]:
    """Learning-rate factor of every parameter: 1 in the top block, times ``decay`` for each block below.

    Discriminative fine-tuning (Howard & Ruder 2018): the lowest layers, which know most about language in
    general, move least. The embeddings count as one more block below the lowest.
    """
    anatomy = network.anatomy
    depth = len(anatomy.blocks)
    factors = {id(p): head_factor for p in network.head.parameters()} if network.new_head else {}
    for level, part in enumerate((anatomy.embed, *((block,) for block in anatomy.blocks))):
        for module in part:
            factors |= {id(p): decay ** (depth - level) for p in module.parameters()}
    return {name: factors.get(id(p), 1.0) for name, p in network.named_parameters()}
