"""Hidden spans: as many as asked for, other ones in every epoch, and source and target make the text."""

from __future__ import annotations

import numpy as np
import pytest

import seq2seq
import talkers
from afina.data.conversation import PlainText
from afina.data.example import Where
from afina.data.row import SourceTarget, Tools
from afina.errors import RecipeError
from afina.objectives.span_corruption import SpanCorruption

TOOLS = Tools(seq2seq.tokenizer(sentinels=30), (), 512, start=0)
SIGNS = [TOOLS.tokenizer.convert_tokens_to_ids(f"<extra_id_{number}>") for number in range(30)]
END = TOOLS.tokenizer.eos_token_id


def text(words: str) -> PlainText:
    return PlainText(where=Where("a.txt", 1), text=words)


def spans(row: SourceTarget) -> list[tuple[int, ...]]:
    """What each sentinel of the target stands for; the last one stands for nothing."""
    *inner, end = row.written
    assert end == END
    found: list[list[int]] = []
    for number in inner:
        if number in SIGNS:
            assert number == SIGNS[len(found)]
            found.append([])
        else:
            found[-1].append(number)
    assert found.pop() == []
    return [tuple(span) for span in found]


def whole(row: SourceTarget) -> list[int]:
    """The text again, put together from what is read and what is written."""
    hidden = dict(zip(SIGNS, spans(row), strict=False))
    return [one for number in row.read[:-1] for one in hidden.get(number, (number,))]


@pytest.mark.parametrize("length", [2, 3, 7, 40, 400])
@pytest.mark.parametrize("share", [0.15, 0.5, 0.9])
def test_source_and_target_make_the_text_and_nothing_else(length: int, share: float) -> None:
    objective = SpanCorruption(share=share)
    ids = TOOLS.tokenizer("abcdefghij" * 40, add_special_tokens=False)["input_ids"][:length]
    row = objective.encode(text(("abcdefghij" * 40)[:length]), TOOLS)
    for draw in range(20):
        seen = objective.seen(row, TOOLS, (0, 1, draw))
        assert isinstance(seen, SourceTarget)
        assert whole(seen) == ids
        assert seen.read[-1] == END
        hidden = spans(seen)
        assert sum(map(len, hidden)) == min(max(1, round(share * length)), length - 1)
        assert all(hidden)
        # No two sentinels stand side by side: they would be one span.
        pairs = zip(seen.read, seen.read[1:], strict=False)
        assert not any(one in SIGNS and other in SIGNS for one, other in pairs)
        assert seen.counts == (0.0,) * len(seen.read) + (1.0,) * len(seen.written)
        assert len(seen.ids) == len(row.ids)


def test_spans_have_three_tokens_on_average_and_every_place_is_hidden_as_often() -> None:
    objective, length = SpanCorruption(), 200
    row = objective.encode(text("a" * length), TOOLS)
    times = np.zeros(length)
    for draw in range(400):
        seen = objective.seen(row, TOOLS, (0, 1, draw))
        assert isinstance(seen, SourceTarget)
        hidden = spans(seen)
        assert (len(hidden), sum(map(len, hidden))) == (10, 30)
        lengths = iter(map(len, hidden))
        at = 0
        for number in seen.read[:-1]:
            if number in SIGNS:
                size = next(lengths)
                times[at : at + size] += 1
                at += size
            else:
                at += 1
    np.testing.assert_allclose(times.reshape(10, -1).mean(1) / 400, 0.15, atol=0.03)


def test_every_epoch_and_row_has_spans_of_its_own_and_the_same_ones_again() -> None:
    objective = SpanCorruption()
    row = objective.encode(text("abcdefghij" * 4), TOOLS)
    draws = [(0, epoch, number) for epoch in range(6) for number in (0, 1)]
    seen = {draw: objective.seen(row, TOOLS, draw) for draw in draws}
    assert len({one.ids for one in seen.values()}) > 8
    assert all(objective.seen(row, TOOLS, draw) == one for draw, one in seen.items())
    # A row is seen in some way before any is drawn: who measures a saved model has losses to compare.
    assert any(row.counts)


def test_a_long_text_is_read_in_pieces_and_none_of_it_is_lost() -> None:
    tools = Tools(TOOLS.tokenizer, (), 16, start=0)
    words = "abcdefghij klmnopqrst" * 3
    rows = SpanCorruption().pieces(text(words), tools)
    assert all(isinstance(row, SourceTarget) and len(row.read) <= 17 for row in rows)
    ids = [
        number
        for row in rows
        if isinstance(row, SourceTarget)
        for number in (whole(row) if any(row.counts) else row.read[:-1])
    ]
    assert ids == TOOLS.tokenizer(words, add_special_tokens=False)["input_ids"]


def test_a_single_token_teaches_nothing() -> None:
    assert not any(SpanCorruption().encode(text("a"), TOOLS).counts)


def test_without_sentinels_it_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"objective: the tokenizer of this model has no sentinels"):
        SpanCorruption().encode(text("abc"), Tools(talkers.tokenizer(), (), 16, start=0))
