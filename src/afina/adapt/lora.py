"""LoRA: small matrices beside the large ones learn, and are added into them at the end."""

from __future__ import annotations

from typing import ClassVar, Literal

from peft import LoraConfig
from pydantic import Field
from torch import nn
from transformers.pytorch_utils import Conv1D

from ..models.network import Network
from .base import Adapted, Method
from .injected import Injected, linear_layers
from .lora_linear import LoraLinear

__all__ = ["Lora"]


class Lora(Method):
    """LoRA: two small matrices beside each large one learn; what they learnt is added in at the end."""

    kind: Literal["lora"] = "lora"
    learning_rate: ClassVar[float] = 1e-3
    epochs: ClassVar[int] = 4
    rank: int = Field(8, ge=1)
    """Rank of the small matrices: how much they can express."""
    alpha: int = Field(16, ge=1)
    """Strength of what is added: it is multiplied by alpha / rank."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """The share of values set to zero before the small matrices, during training."""
    targets: tuple[str, ...] = ()
    """Names of the layers that get small matrices, such as query; empty: every linear layer of the blocks."""
    blocks: int | None = Field(None, ge=1)
    """How many blocks get them, counted from the top; empty: all."""
    rslora: bool = False
    """Multiply by alpha / √rank instead, which keeps large ranks useful (rsLoRA)."""
    dora: bool = False
    """Learn the length of each weight vector apart from its direction (DoRA): slower."""
    b_factor: float = Field(1.0, gt=0)
    """Learning rate of the second small matrix, as a multiple of the first's (LoRA+)."""
    head_factor: float = Field(1.0, gt=0)
    """Learning rate of the new head, as a multiple of the small matrices'."""

    def apply(self, network: Network) -> Adapted:
        """After Hu et al. 2022: W + BA·alpha/rank in the place of W.

        rsLoRA: Kalajdzievski 2023; DoRA: Liu et al. 2024; LoRA+: Hayou et al. 2024.

        Raises RecipeError for targets or a number of blocks that the network does not have.
        """
        layers = linear_layers(network, self.targets, self.blocks)
        config = LoraConfig(
            r=self.rank, lora_alpha=self.alpha, lora_dropout=self.dropout, target_modules=list(layers),
            use_rslora=self.rslora, use_dora=self.dora,
            # GPT-2 keeps its linear layers the other way round.
            fan_in_fan_out=any(isinstance(layer, Conv1D) for layer in layers.values()),
        )  # fmt: skip
        if not self.dora and not self.dropout:
            config._register_custom_module({nn.Linear: LoraLinear})
        return Injected(network, config, self._scales)

    def _scales(self, names: list[str]) -> dict[str, float]:
        scales = {name: self.b_factor for name in names if ".lora_B." in name}
        return scales | {name: self.head_factor for name in names if name.startswith("head.")}
