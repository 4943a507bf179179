from __future__ import annotations

import math
import random
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from afina.data.batch import epoch_order, padding_share, token_groups

LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=400)


@given(LENGTHS, st.integers(1, 40), st.integers(0, 5), st.integers(0, 5))
def test_an_epoch_visits_every_row_once_and_is_a_function_of_seed_and_epoch(
    lengths: list[int], batch: int, seed: int, epoch: int
) -> None:
    order = epoch_order(lengths, batch, seed, epoch)
    assert sorted(row for rows in order for row in rows) == list(range(len(lengths)))
    assert len(order) == -(-len(lengths) // batch)
    assert max(map(len, order)) <= batch + batch // 4
    # In buckets that are full; what is left after them is shared out.
    small = sum(len(rows) < batch - batch // 4 for rows in order)
    assert small <= -(-(len(lengths) % (50 * batch)) // batch)
    assert order == epoch_order(lengths, batch, seed, epoch)


@given(LENGTHS, st.integers(1, 2000))
def test_groups_hold_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    rows = list(range(len(lengths)))
    groups = token_groups(lengths, rows, budget)
    assert sorted(row for group in groups for row in group) == rows
    for group in groups:
        assert len(group) == 1 or len(group) * max(lengths[row] for row in group) <= budget


def test_seeds_and_epochs_differ() -> None:
    lengths = [10] * 100
    orders = [epoch_order(lengths, 10, seed, epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert len({str(order) for order in orders}) == 4


def test_under_five_percent_padding_on_lengths_like_those_of_sentences() -> None:
    draw = random.Random(0)
    lengths = [max(3, int(draw.lognormvariate(3, 0.6))) for _ in range(3000)]
    order = epoch_order(lengths, 32, 0, 0)
    groups = [group for rows in order for group in token_groups(lengths, rows, 4096)]
    shuffled = [list(range(start, start + 30)) for start in range(0, 3000, 30)]
    assert padding_share(lengths, groups) < 0.05 < padding_share(lengths, shuffled)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 6))
def test_no_other_cut_of_the_sorted_rows_holds_less_padding(lengths: list[int], batch: int) -> None:
    order = epoch_order(lengths, batch, 0, 0)
    held = sum(len(rows) * max(lengths[row] for row in rows) for rows in order)
    ordered, count = sorted(lengths), len(order)
    least, most = min(batch - batch // 4, len(lengths) // count), batch + batch // 4

    @cache
    def fewest(rows: int, batches: int) -> float:
        """Positions that the first ``rows`` rows take at least in so many batches."""
        if batches == 0:
            return 0 if rows == 0 else math.inf
        sizes = range(least, min(most, rows) + 1)
        return min((fewest(rows - n, batches - 1) + n * ordered[rows - 1] for n in sizes), default=math.inf)

    assert held == fewest(len(lengths), count)


def test_rows_of_one_length_make_equal_batches() -> None:
    assert {len(rows) for rows in epoch_order([7] * 1600, 16, 0, 0)} == {16}
    assert sorted(len(rows) for rows in epoch_order([7] * 33, 16, 0, 0)) == [11, 11, 11]
