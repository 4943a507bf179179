"""Bottleneck adapters: small networks inside each block learn."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import gelu
from transformers.pytorch_utils import Conv1D

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method
from .beside import Beside, Module

__all__ = ["Bottleneck"]


class Bottleneck(Method):
    """Bottleneck adapters: two small networks inside each block learn, and the head."""

    kind: Literal["bottleneck"] = "bottleneck"
    merges: ClassVar[bool] = False
    learning_rate: ClassVar[float] = 1e-3
    epochs: ClassVar[int] = 4
    width: int = Field(64, ge=1)
    """Width of the small networks: how much they can express."""
    blocks: int | None = Field(None, ge=1)
    """How many blocks get them, counted from the top; empty: all."""
    head_factor: float = Field(1.0, gt=0)
    """Learning rate of the new head, as a multiple of the adapters'."""

    def apply(self, network: Network) -> Adapted:
        """After Houlsby et al. 2019: x + up(gelu(down(x))), H -> width -> H.

        One is on the output of the attention, one on that of the feed-forward network, each before it joins
        the residual stream. A truncated normal of 0.01 and biases of 0 make it nearly the identity at the
        start. Unlike there, norms do not learn.

        Raises RecipeError for a network whose blocks have no attention, or fewer blocks than asked for.
        """
        anatomy = network.anatomy
        depth = len(anatomy.blocks)
        count = depth if self.blocks is None else self.blocks
        if count > depth:
            raise RecipeError(
                _("this network has {depth} blocks (got {blocks}).").format(depth=depth, blocks=count),
                where="adapt.blocks",
                fix=_("Give at most {depth}, or leave the setting out.").format(depth=depth),
            )
        adapters = _Adapters()
        for block in anatomy.blocks[depth - count :]:
            for layer in _ends(block):
                adapters.after(layer, network.width, self.width)
        return Beside(network, adapters, self.head_factor, frozen_blocks=depth - count)


class _Adapters(Module):
    """All of them, in the order of the blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.members = nn.ModuleList()

    def after(self, layer: nn.Module, hidden: int, width: int) -> None:
        member = _Adapter(hidden, width, self)
        self.members.append(member)
        layer.register_forward_hook(member.hook)


class _Adapter(nn.Module):
    def __init__(self, hidden: int, width: int, owner: _Adapters) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(hidden, width), nn.Linear(width, hidden)
        for linear in (self.down, self.up):
            nn.init.trunc_normal_(linear.weight, std=0.01, a=-0.02, b=0.02)
            nn.init.zeros_(linear.bias)
        self._owner = (owner,)  # in a tuple, so that it is no part of this one

    def hook(self, _layer: Any, _args: Any, out: Tensor) -> Tensor:
        return out + self.up(gelu(self.down(out))) if self._owner[0].active else out


def _ends(block: nn.Module) -> list[nn.Module]:
    """The last linear layer of the attention, and that of the block: both lead into the residual stream."""
    attention = next((m for m in block.modules() if "Attention" in type(m).__name__), None)
    ends = [] if attention is None else [_last_linear(attention), _last_linear(block)]
    if len(ends) != 2 or None in ends or ends[0] is ends[1]:
        raise RecipeError(
            _("the blocks of this network have no attention that an adapter could follow."),
            where="adapt.kind",
            fix=_("Use 'norms' or 'top_blocks'."),
        )
    return [end for end in ends if end is not None]


def _last_linear(module: nn.Module) -> nn.Module | None:
    linear = [m for m in module.modules() if isinstance(m, nn.Linear | Conv1D)]
    return linear[-1] if linear else None
