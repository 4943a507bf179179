"""Layers that peft puts around those of a network: what the methods that use them share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peft import PeftConfig, inject_adapter_in_model
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, frozen_blocks

__all__ = ["Injected", "linear_layers"]

#: What peft writes before the path of every tensor, so that ``PeftModel.from_pretrained`` finds its place.
_PEFT_PREFIX = "base_model.model."


class Injected(Adapted):
    """A network with layers of peft around its own; only what they add, and the head, learns.

    Args:
        config: of peft, with the layers that it is for as ``target_modules``.
        scales: learning-rate factors by the parameter's name, given the names once they are there.
    """

    def __init__(
        self,
        network: Network,
        config: PeftConfig,
        scales: Callable[[list[str]], dict[str, float]] | None = None,
    ) -> None:
        network.freeze()
        inject_adapter_in_model(config, network.trunk)
        named = [name for name, _parameter in network.named_parameters()]
        super().__init__(
            network, frozen_blocks=frozen_blocks(network), scales=scales(named) if scales else None
        )
        self._config = config
        self._learnt: dict[str, Tensor] = {}

    def _layers(self) -> Iterator[tuple[str, BaseTunerLayer]]:
        for name, module in list(self.network.trunk.named_modules()):
            if isinstance(module, BaseTunerLayer):
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
        """What was added is multiplied or added into the layers themselves: the outputs agree to rounding."""
        trunk = self.network.trunk
        kinds = {f".{kind}." for _name, layer in self._layers() for kind in layer.adapter_layer_names}
        path = _PEFT_PREFIX + self.network.trunk_path
        self._learnt = {
            path + name.replace(".default", ""): p.detach().clone().contiguous()
            for name, p in trunk.named_parameters()
            if any(kind in name for kind in kinds)
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


def linear_layers(
    network: Network, targets: tuple[str, ...] = (), blocks: int | None = None
) -> dict[str, nn.Module]:
    """Path in the trunk -> linear layer, of those in the top ``blocks`` whose name is among ``targets``.

    All of them where nothing is said. Raises RecipeError for what the network does not have.
    """
    names = network.anatomy.block_names
    if blocks is not None and blocks > len(names):
        raise RecipeError(
            _("this network has {depth} blocks (got {blocks}).").format(depth=len(names), blocks=blocks),
            where="adapt.blocks",
            fix=_("Give at most {depth}, or leave the setting out.").format(depth=len(names)),
        )
    chosen = names if blocks is None else names[-blocks:]
    linear = {
        f"{block}.{name}": layer
        for block in chosen
        for name, layer in network.trunk.get_submodule(block).named_modules()
        if isinstance(layer, nn.Linear | Conv1D)
    }
    kinds = sorted({name.split(".")[-1] for name in linear})
    unknown = [target for target in targets if target not in kinds]
    if unknown or not linear:
        raise RecipeError(
            _("the blocks of this network have no linear layer named {names}.").format(
                names=", ".join(map(repr, unknown)) or "*"
            ),
            where="adapt.targets",
            fix=_("Their linear layers are: {names}.").format(names=", ".join(kinds)) if kinds else "",
        )
    wanted = targets or kinds
    return {name: layer for name, layer in linear.items() if name.split(".")[-1] in wanted}
