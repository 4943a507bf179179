"""The embeddings and the lowest blocks of a network, which can be left out where their output is known.

Nothing here knows an architecture: while a known state is handed in, each of these blocks hands on what it
gets, the last of them the known state, and everything above computes as ever. Whether that is exact for a
network is not assumed but tried, on the network itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .anatomy import dissect

__all__ = ["Prefix"]


class _Reached(Exception):
    """Leaves a forward pass where the state is known."""


class Prefix:
    """The embeddings and the ``count`` lowest blocks of ``trunk``; ``count`` is at least 1.

    Args:
        inputs: keyword arguments of a forward pass, to learn from what the blocks hand on.
    """

    def __init__(self, trunk: nn.Module, count: int, **inputs: Tensor) -> None:
        self._trunk = trunk
        self._blocks = dissect(trunk).blocks[:count]
        made: list[Any] = []
        hooks = [block.register_forward_hook(lambda _m, _i, out: made.append(out)) for block in self._blocks]
        try:
            self.state(**inputs)
        finally:
            for hook in hooks:
                hook.remove()
        # A block gives its hidden state alone, or first in a tuple with what later blocks need beside it.
        self._beside = [out[1:] if isinstance(out, tuple) else None for out in made]
        # What stands there for all (the position bias of T5) comes from the lowest block.
        self._lowest_gives = any(isinstance(value, Tensor) for value in self._beside[0] or ())

    @torch.no_grad()
    def state(self, **inputs: Tensor) -> Tensor:
        """What leaves the prefix: (B, T, H), or (B, C, H, W) of a convolutional network."""
        reached: list[Tensor] = []

        def leave(_module: nn.Module, _given: Any, out: Any) -> None:
            reached.append(out[0] if isinstance(out, tuple) else out)
            raise _Reached

        hook = self._blocks[-1].register_forward_hook(leave)
        try:
            self._trunk(**inputs)
        except _Reached:
            pass
        finally:
            hook.remove()
        return reached[0]

    @contextmanager
    def known(self, state: Tensor) -> Iterator[None]:
        """Inside, a forward pass of the trunk takes ``state`` for what leaves the prefix."""
        given: list[Any] = []
        for number, block in enumerate(self._blocks):
            block.forward = self._stand_in(number, block.forward, state, given)
        try:
            yield
        finally:
            for block in self._blocks:
                del block.forward  # the method of its class shows again

    def _stand_in(
        self, number: int, forward: Callable[..., Any], state: Tensor, given: list[Any]
    ) -> Callable[..., Any]:
        last = number == len(self._blocks) - 1

        def hand_on(*args: Any, **kwargs: Any) -> Any:
            if number == 0 and self._lowest_gives:
                given.extend(forward(*args, **kwargs)[1:])
            hidden = state if last else (args[0] if args else next(iter(kwargs.values())))
            beside = self._beside[number]
            return hidden if beside is None else (hidden, *(given or beside))

        return hand_on

    @torch.no_grad()
    def is_exact(self, **inputs: Tensor) -> bool:
        """Whether the trunk gives the same bits with the prefix computed and with its state handed in."""
        plain: Tensor = self._trunk(**inputs).last_hidden_state
        with self.known(self.state(**inputs)):
            entered: Tensor = self._trunk(**inputs).last_hidden_state
        return torch.equal(plain, entered)
