"""Train, dev and test: seeded, stratified, and without a row's near-copy on another side."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..errors import DataError
from ..language import _, figures, ngettext
from ..section import Section
from .example import Splits
from .near_duplicates import clusters, pairs

__all__ = ["Split", "blocks", "split"]


class Split(Section):
    """How rows are set aside for development and for the final test."""

    place: ClassVar[str] = "data.split"

    dev: float = Field(0.1, gt=0, lt=1)
    """The share of rows set aside to choose the best checkpoint."""
    test: float = Field(0.2, gt=0, lt=1)
    """The share of rows set aside for the final test, which nothing is chosen on."""
    near_duplicates: float | None = Field(0.8, gt=0, le=1)
    """Texts whose similarity is at least this stay on one side (1 is identical). null: only identical texts
    do."""

    @model_validator(mode="after")
    def _leaves_rows_to_train_on(self) -> Self:
        if self.dev + self.test >= 1:
            raise PydanticCustomError(
                "told",
                "{error}",
                {
                    "error": _("dev and test together take all rows (they sum to {total}).").format(
                        total=figures(self.dev + self.test, 3)
                    ),
                    "fix": _("Their sum must be below 1."),
                },
            )
        return self


def split(
    examples: Sequence[Any],
    settings: Split,
    seed: int,
    *,
    dev: Sequence[Any] | None = None,
    test: Sequence[Any] | None = None,
) -> Splits:
    """Cuts off the sides that are not given; those that are given are left as they are.

    Rows of one group, and near-duplicates, form a block that is never cut. Blocks are dealt out by iterative
    stratification (Sechidis, Tsoumakas & Vlahavas 2011), rarest label first, which is exact stratification
    where every row has one label and is a block by itself. The order of the rows within a side is that of
    ``examples``. The same seed gives the same sides. Examples have a ``text``, a ``group``, a ``target`` and
    a ``label``, the last two None where there are no labels.

    Raises:
        DataError: a side would be empty.
    """
    shares = {"dev": settings.dev if dev is None else 0.0, "test": settings.test if test is None else 0.0}
    shares = {"train": 1.0 - sum(shares.values()), **{side: s for side, s in shares.items() if s}}
    if len(shares) == 1:
        return Splits(tuple(examples), tuple(dev or ()), tuple(test or ()))
    together = blocks(examples, settings.near_duplicates)
    chosen = _deal(examples, together, shares, random.Random(seed))
    sides: dict[str, list[Any]] = {side: [] for side in ("train", "dev", "test")}
    for example, side in zip(examples, chosen):
        sides[side].append(example)
    for side in shares:
        if not sides[side]:
            raise DataError(
                ngettext(
                    "no rows are left for {side}: all {rows} rows belong together.",
                    "no rows are left for {side}: the {rows} rows form only {blocks} blocks.",
                    len(together),
                ).format(side=side, rows=len(examples), blocks=len(together)),
                where="data.split",
                fix=_(
                    "Give more rows, or more groups: rows of one group and near-duplicates are never divided."
                ),
            )
    return Splits(
        tuple(sides["train"]),
        tuple(sides["dev"] if dev is None else dev),
        tuple(sides["test"] if test is None else test),
    )


def blocks(examples: Sequence[Any], threshold: float | None) -> list[list[int]]:
    """The numbers of rows that must stay together: those of a group, and near-duplicates."""
    links = [(i, j) for i, j, _similarity in pairs([e.text for e in examples], threshold or 1.0)]
    firsts: dict[str, int] = {}
    for number, example in enumerate(examples):
        if example.group is not None:
            links.append((firsts.setdefault(example.group, number), number))
    together: dict[int, list[int]] = {}
    for number, name in enumerate(clusters(len(examples), links)):
        together.setdefault(name, []).append(number)
    return list(together.values())


def _deal(
    examples: Sequence[Any],
    blocks: Sequence[Sequence[int]],
    shares: Mapping[str, float],
    generator: random.Random,
) -> list[str]:
    """The side of each row."""
    order = list(range(len(blocks)))
    generator.shuffle(order)
    # Big blocks first: small ones then even out what they leave.
    order.sort(key=lambda block: -len(blocks[block]))
    counts = [Counter(label for row in block for label in _labels(examples[row])) for block in blocks]
    holders: dict[str, list[int]] = {}
    for block in order:
        for label in counts[block]:
            holders.setdefault(label, []).append(block)
    wanted = {
        label: _wanted(sum(counts[block][label] for block in members), len(members), shares)
        for label, members in holders.items()
    }
    room = {side: share * len(examples) for side, share in shares.items()}
    side_of: dict[int, str] = {}
    left = {label: len(members) for label, members in holders.items()}

    def place(block: int, side: str) -> None:
        side_of[block] = side
        room[side] -= len(blocks[block])
        for label, count in counts[block].items():
            wanted[label][side] -= count
            left[label] -= 1

    while waiting := [label for label, count in left.items() if count]:
        rarest = min(waiting, key=lambda label: (left[label], label))
        for block in holders[rarest]:
            if block not in side_of:
                place(block, max(shares, key=lambda side: (wanted[rarest][side], room[side])))
    for block in order:
        if block not in side_of:
            place(block, max(shares, key=room.__getitem__))
    for members in holders.values():
        # A label can only be learnt from training rows; this happens where rows carry several labels.
        if all(side_of[block] != "train" for block in members):
            side_of[members[-1]] = "train"
    sides = [""] * len(examples)
    for number, rows in enumerate(blocks):
        for row in rows:
            sides[row] = side_of[number]
    return sides


def _wanted(rows: int, blocks: int, shares: Mapping[str, float]) -> dict[str, float]:
    """Rows of one label that each side should get: at least one, train first, then the bigger side."""
    sides = sorted(shares, key=lambda side: (side == "train", shares[side]), reverse=True)[:blocks]
    wanted = dict.fromkeys(shares, 0.0)
    for side in sides[1:]:
        wanted[side] = max(1.0, shares[side] * rows)
    wanted["train"] = rows - sum(wanted.values())
    return wanted


def _labels(example: Any) -> list[str]:
    """The labels that hold for a row; of soft labels, the most probable."""
    target = example.target or {}
    return [label for label, share in target.items() if share == 1.0] or [
        label for label in (example.label,) if label is not None
    ]
