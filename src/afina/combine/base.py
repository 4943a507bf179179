"""The contract of a way to combine weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..errors import ModelError
from ..language import _
from ..section import Section

__all__ = ["Combined", "Combiner", "Score", "Weights", "check_alike", "each", "sweep", "vectors"]

#: name -> tensor of a whole network, head included.
Weights = dict[str, Tensor]
#: What a network with such weights reaches: ``dev``, the metric on the development rows, which alone chooses
#: and of which more is better; and whatever else is to be told beside it.
Score = Callable[[Weights], dict[str, Any]]


@dataclass(frozen=True)
class Combined:
    """What a combination came to."""

    weights: Weights
    tried: list[dict[str, Any]]
    """Every setting that was tried, in order, with its score."""
    chosen: dict[str, Any]
    """The entry of ``tried`` that was taken."""


class Combiner(Section, ABC):
    """A way to make one network of several with the same architecture, without training.

    Tensors are combined in float64 and rounded once; those that hold no fractions are the base's. What is
    chosen is chosen on the development rows, which none of the networks learnt from.
    """

    place: ClassVar[str] = "combine"
    kind: str
    least: ClassVar[int] = 1
    """The fewest tuned networks it takes."""
    most: ClassVar[int | None] = None
    """The most of them; None: any number."""

    @abstractmethod
    def combine(self, base: Weights, tuned: Sequence[Weights], score: Score) -> Combined:
        """One network of the pretrained one and those that were tuned from it. The inputs are left alone."""


def check_alike(base: Weights, other: Weights, names: tuple[str, str]) -> None:
    """Raises ModelError with the first tensor in which two networks differ; ``names`` are theirs."""
    for name in [*base, *(name for name in other if name not in base)]:
        shapes = [tuple(each[name].shape) if name in each else None for each in (base, other)]
        if shapes[0] == shapes[1]:
            continue
        told = [_("nothing") if shape is None else " × ".join(map(str, shape)) or "1" for shape in shapes]
        raise ModelError(
            _("this is no network like {other}: '{tensor}' is {here} here and {there} there.").format(
                other=names[0], tensor=name, there=told[0], here=told[1]
            ),
            where=names[1],
            fix=_("Only models that were tuned from one and the same model can be combined."),
        )


def each(base: Weights, others: Sequence[Weights], make: Callable[[Tensor, list[Tensor]], Tensor]) -> Weights:
    """``make`` on every tensor, in float64, and rounded back to the base's type."""
    made = {}
    for name, tensor in base.items():
        if not tensor.is_floating_point():
            made[name] = tensor
            continue
        double = make(tensor.double(), [other[name].double() for other in others])
        made[name] = double.to(tensor.dtype)
    return made


def sweep(setting: str, values: Iterable[float], make: Callable[[float], Weights], score: Score) -> Combined:
    """Tries every value; of equally good ones the first is taken."""
    tried: list[dict[str, Any]] = []
    best: tuple[float, Weights, dict[str, Any]] | None = None
    for value in values:
        weights = make(value)
        entry = {setting: value, **score(weights)}
        tried.append(entry)
        if best is None or entry["dev"] > best[0]:
            best = (entry["dev"], weights, entry)
    assert best is not None
    return Combined(best[1], tried, best[2])


def vectors(base: Tensor, tuned: Sequence[Tensor]) -> Tensor:
    """(M, …) task vectors: what tuning added to the base (Ilharco et al. 2023)."""
    return torch.stack([each - base for each in tuned])
