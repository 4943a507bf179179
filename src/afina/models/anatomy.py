"""Every network as embed -> blocks[0..L) -> after.

Freezing, learning rates by depth, the cache of frozen outputs and memory formulas are written once against
this view. It is found from the structure of the network: the list of repeated blocks, and what stands before
and after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from ..errors import ModelError
from ..language import _

__all__ = ["Anatomy", "dissect"]

#: (class of the parent, name of the child) registered after the blocks but computed before them. T5 has one
#: dropout for the embeddings and for the last output; it counts as the earlier.
_BEFORE_BLOCKS = frozenset(
    {
        ("DebertaEncoder", "LayerNorm"),
        ("DebertaV2Encoder", "LayerNorm"),
        ("DebertaV2Encoder", "conv"),
        ("T5Stack", "dropout"),
        ("MT5Stack", "dropout"),
        ("UMT5Stack", "dropout"),
        ("BartEncoder", "layernorm_embedding"),
        ("BartDecoder", "layernorm_embedding"),
        ("MBartEncoder", "layernorm_embedding"),
        ("MBartDecoder", "layernorm_embedding"),
    }
)
#: What families call the number of a decoder's blocks, where it is another than the encoder's.
_DECODER_DEPTHS = ("decoder_layers", "num_decoder_layers")


@dataclass(frozen=True)
class Anatomy:
    """A network in the order in which it computes. Each parameter belongs to exactly one part.

    The layers that make a convolutional network's stages smaller count as blocks of their own where they
    stand outside of the repeated ones (ConvNeXt).
    """

    embed: tuple[nn.Module, ...]
    """What makes the first hidden state, and tables that all blocks read, such as relative positions. Of an
    encoder-decoder also what stands between its two stacks."""
    blocks: tuple[nn.Module, ...]
    """The repeated blocks, bottom first. Each is called once in a forward pass."""
    after: tuple[nn.Module, ...]
    """What stands on the last block, such as a final norm."""
    block_names: tuple[str, ...]
    """Path of each block in the network, for ``get_submodule``."""
    lower: int
    """How many blocks follow from ``input_ids`` alone: all, but for those of a decoder on an encoder."""

    def frozen_below(self, count: int) -> tuple[nn.Module, ...]:
        """The embeddings and the ``count`` lowest blocks; nothing when ``count`` is -1."""
        return () if count < 0 else self.embed + self.blocks[:count]


def dissect(trunk: nn.Module) -> Anatomy:
    """The anatomy of a network. An encoder-decoder has the blocks of its encoder, then those of its decoder.

    Raises ModelError for a network without repeated blocks, or with one set of weights for several blocks.
    """
    config = getattr(trunk, "config", None)
    depth = getattr(config, "num_hidden_layers", None)
    if hasattr(trunk, "encoder") and hasattr(trunk, "decoder"):
        anatomy = _both(trunk)
        depths = (getattr(config, name, None) for name in _DECODER_DEPTHS)
        depth = None if depth is None else depth + next((d for d in depths if d is not None), depth)
    else:
        anatomy = _stack(trunk)
    staged = any(".stages." in f".{name}." for name in anatomy.block_names)
    _check(trunk, anatomy, None if staged else depth)
    return anatomy


def _both(trunk: nn.Module) -> Anatomy:
    """The anatomy of an encoder-decoder."""
    stacks = ("encoder", "decoder")
    shared = tuple(child for name, child in trunk.named_children() if name not in stacks)
    lower, upper = (_stack(trunk.get_submodule(name)) for name in stacks)
    return Anatomy(
        embed=(*shared, *lower.embed, *lower.after, *upper.embed),
        blocks=(*lower.blocks, *upper.blocks),
        after=upper.after,
        block_names=tuple(
            f"{name}.{path}"
            for name, stack in zip(stacks, (lower, upper), strict=True)
            for path in stack.block_names
        ),
        lower=len(lower.blocks),
    )


def _stack(trunk: nn.Module) -> Anatomy:
    """The anatomy of a network of one list of blocks."""
    path = _block_list(trunk)
    embed: list[nn.Module] = []
    after: list[nn.Module] = []
    parent = trunk
    for step in path:
        passed, above = False, []
        for name, child in parent.named_children():
            if name == step:
                passed = True
            elif not passed or _is_before(parent, name, child):
                embed.append(child)
            else:
                above.append(child)
        after = above + after
        parent = parent.get_submodule(step)
    named = dict(_blocks(".".join(path), parent, staged=path[-1] == "stages"))
    return Anatomy(tuple(embed), tuple(named.values()), tuple(after), tuple(named), len(named))


def _block_list(trunk: nn.Module) -> list[str]:
    """Path of the outermost module list that holds the most parameters."""
    lists = {name: _size(module) for name, module in _outermost_lists(trunk, "")}
    if not any(lists.values()):
        raise ModelError(
            _("{name} has no repeated blocks, so it cannot be divided into layers.").format(
                name=type(trunk).__name__
            )
        )
    return max(lists, key=lists.__getitem__).split(".")


def _outermost_lists(module: nn.Module, prefix: str) -> Iterator[tuple[str, nn.ModuleList]]:
    for name, child in module.named_children():
        if isinstance(child, nn.ModuleList):
            yield prefix + name, child
        else:
            yield from _outermost_lists(child, f"{prefix}{name}.")


def _blocks(prefix: str, container: nn.Module, staged: bool) -> Iterator[tuple[str, nn.Module]]:
    """The blocks of a list; of stages, what each stage applies in turn."""
    for name, child in container.named_children():
        path = f"{prefix}.{name}"
        if staged or (_is_list(child) and _size(child)):
            yield from _blocks(path, child, staged=False)
        elif _size(child):
            yield path, child


def _is_list(module: nn.Module) -> bool:
    return isinstance(module, nn.ModuleList | nn.Sequential)


def _is_before(parent: nn.Module, name: str, child: nn.Module) -> bool:
    return (
        isinstance(child, nn.Embedding) or "rotary" in name or (type(parent).__name__, name) in _BEFORE_BLOCKS
    )


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _check(trunk: nn.Module, anatomy: Anatomy, depth: int | None) -> None:
    """Raises ModelError unless each parameter has one part and each block is computed once.

    Args:
        depth: how many blocks the network computes, where it says so.
    """
    name = type(trunk).__name__
    if depth is not None and depth != len(anatomy.blocks):
        raise ModelError(
            _(
                "{name} computes {depth} layers with the weights of {count}; blocks must not share weights."
            ).format(name=name, depth=depth, count=len(anatomy.blocks))
        )
    parts = [anatomy.embed, *((block,) for block in anatomy.blocks), anatomy.after]
    owned = [{id(p) for module in part for p in module.parameters()} for part in parts]
    every = {id(p) for p in trunk.parameters()}
    if sum(map(len, owned)) != len(every) or set().union(*owned) != every:
        raise ModelError(
            _("The weights of {name} cannot be divided into embeddings, blocks and what follows.").format(
                name=name
            )
        )
