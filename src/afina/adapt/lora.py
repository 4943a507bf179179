"""LoRA: small matrices beside the large ones learn, and are added into them at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Literal

from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from pydantic import Field
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method, frozen_blocks

__all__ = ["Lora"]

#: What peft writes before the path of every tensor, so that ``PeftModel.from_pretrained`` finds its place.
_PEFT_PREFIX = "base_model.model."


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
        """After Hu et al. 2022.

        rsLoRA: Kalajdzievski 2023; DoRA: Liu et al. 2024; LoRA+: Hayou et al. 2024.

        Raises RecipeError for targets or a number of blocks that the network does not have.
        """
        layers = self._layers(network)
        config = LoraConfig(
            r=self.rank, lora_alpha=self.alpha, lora_dropout=self.dropout, target_modules=list(layers),
            use_rslora=self.rslora, use_dora=self.dora,
            # GPT-2 keeps its linear layers the other way round.
            fan_in_fan_out=any(isinstance(layer, Conv1D) for layer in layers.values()),
        )  # fmt: skip
        network.requires_grad_(False)
        inject_adapter_in_model(config, network.trunk)
        network.head.requires_grad_(True)
        scales = {f"head.{name}": self.head_factor for name, _p in network.head.named_parameters()}
        scales |= {name: self.b_factor for name, _p in network.named_parameters() if ".lora_B." in name}
        return _Lora(network, config, scales)

    def _layers(self, network: Network) -> dict[str, nn.Module]:
        """Path in the trunk -> layer, of those that get small matrices."""
        names = network.anatomy.block_names
        if self.blocks is not None and self.blocks > len(names):
            raise RecipeError(
                _("this network has {depth} blocks (got {blocks}).").format(
                    depth=len(names), blocks=self.blocks
                ),
                where="adapt.blocks",
                fix=_("Give at most {depth}, or leave the setting out.").format(depth=len(names)),
            )
        chosen = names if self.blocks is None else names[-self.blocks :]
        linear = {
            f"{block}.{name}": layer
            for block in chosen
            for name, layer in network.trunk.get_submodule(block).named_modules()
            if isinstance(layer, nn.Linear | Conv1D)
        }
        kinds = sorted({name.split(".")[-1] for name in linear})
        unknown = [target for target in self.targets if target not in kinds]
        if unknown or not linear:
            raise RecipeError(
                _("the blocks of this network have no linear layer named {names}.").format(
                    names=", ".join(map(repr, unknown)) or "*"
                ),
                where="adapt.targets",
                fix=_("Their linear layers are: {names}.").format(names=", ".join(kinds)) if kinds else "",
            )
        wanted = self.targets or kinds
        return {name: layer for name, layer in linear.items() if name.split(".")[-1] in wanted}


class _Lora(Adapted):
    """A network with small matrices beside the large ones."""

    def __init__(self, network: Network, config: LoraConfig, scales: dict[str, float]) -> None:
        super().__init__(network, frozen_blocks=frozen_blocks(network), scales=scales)
        self._config = config
        self._learnt: dict[str, Tensor] = {}

    def _layers(self) -> Iterator[tuple[str, LoraLayer]]:
        for name, module in list(self.network.trunk.named_modules()):
            if isinstance(module, LoraLayer):
                yield name, module

    @contextmanager
    def off(self) -> Iterator[None]:
        layers = [layer for _name, layer in self._layers()]
        for layer in layers:
            layer.enable_adapters(False)
        try:
            yield
        finally:
            for layer in layers:
                layer.enable_adapters(True)

    def merge(self) -> Network:
        """W + BA·alpha/rank in the place of W: the outputs agree to rounding."""
        trunk = self.network.trunk
        self._learnt = {
            _PEFT_PREFIX + name.replace(".default", ""): p.detach().clone().contiguous()
            for name, p in trunk.named_parameters()
            if ".lora_" in name
        }
        for name, layer in self._layers():
            layer.merge()
            trunk.set_submodule(name, layer.get_base_layer())
        return self.network

    def write_adapter(self, folder: Path, base: str) -> None:
        folder.mkdir()
        save_file(self._learnt, folder / "adapter_model.safetensors", metadata={"format": "pt"})
        self._config.base_model_name_or_path = base
        self._config.save_pretrained(str(folder))
