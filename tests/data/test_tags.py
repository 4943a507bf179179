"""Tags in every form come down to BIO, and spans are those of conlleval."""

from __future__ import annotations

import random

import pytest
from seqeval.metrics.sequence_labeling import get_entities

from afina.data.tags import Span, in_bio, marks_spans, spans

SPANS = "O B-LOC I-LOC B-LOC O B-PER"


@pytest.mark.parametrize(
    ("given", "repaired"),
    [
        (SPANS, 0),
        ("O B-LOC E-LOC S-LOC O S-PER", 0),
        ("O B-LOC L-LOC U-LOC O U-PER", 0),
        ("O I-LOC I-LOC B-LOC O I-PER", 2),  # IOB1
    ],
)
def test_every_form_marks_the_same_spans(given: str, repaired: int) -> None:
    assert in_bio(given.split()) == (tuple(SPANS.split()), repaired)


def test_a_span_that_begins_without_saying_so_begins() -> None:
    assert in_bio("B-A I-B O I-A E-A I-A".split()) == (tuple("B-A B-B O B-A I-A B-A".split()), 3)


def test_spans_are_those_of_conlleval_whatever_the_tags() -> None:
    draw = random.Random(0)
    for _trial in range(300):
        tags = [draw.choice(["O", "B-A", "I-A", "B-B", "I-B"]) for _word in range(draw.randint(1, 9))]
        expected = [Span(start, end + 1, label) for label, start, end in get_entities(tags)]
        assert spans(tags) == expected
        assert spans(in_bio(tags)[0]) == expected


def test_tags_of_single_words() -> None:
    assert not marks_spans(["NOUN", "O", "B-x"])
    assert not marks_spans(["O"])
    assert marks_spans(["O", "U-x", "L-y-z"])
    assert spans(["DET", "NOUN", "NOUN", "O"]) == [Span(0, 1, "DET"), Span(1, 2, "NOUN"), Span(2, 3, "NOUN")]
    assert spans(["B-a-b", "I-a-b"]) == [Span(0, 2, "a-b")]
