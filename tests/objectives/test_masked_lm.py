"""Masked words: whole ones, others in every epoch, and nothing of a text is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from afina.data.conversation import PlainText
from afina.data.example import Where
from afina.data.row import Tools
from afina.models.load import Model, load
from afina.objectives.masked_lm import MaskedLm

MASK = 4


@pytest.fixture(scope="module")
def pieces() -> Any:
    """A tokenizer that cuts words into letters."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [mark + letter for letter in "abcdefghijklmnopqrstuvwxyz" for mark in ("", "##")]
    words = {word: number for number, word in enumerate([*special, *letters])}
    made = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.decoder = decoders.WordPiece()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip


def text(words: str) -> PlainText:
    return PlainText(where=Where("a.txt", 1), text=words)


def test_words_are_hidden_whole_and_never_special_tokens(pieces: Any) -> None:
    tools, objective = Tools(pieces, (), 64), MaskedLm(share=0.5)
    row = objective.encode(text("abc de fghi jk lmn op"), tools)
    words = np.array([-1, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, -1])
    for draw in range(50):
        found = np.array(objective.seen(row, tools, (0, 1, draw)).counts) > 0
        assert len(set(words[found])) == 3
        assert -1 not in words[found]
        assert found.sum() == np.isin(words, words[found]).sum()
    alone = MaskedLm(share=0.5, whole_words=False)
    row = alone.encode(text("abc de fghi jk lmn op"), tools)
    assert {sum(alone.seen(row, tools, (0, 1, draw)).counts) for draw in range(9)} == {8.0}


def test_of_the_tokens_to_be_found_most_are_masked_some_replaced_some_left(pieces: Any) -> None:
    tools, objective = Tools(pieces, (), 600), MaskedLm(share=0.4)
    row = objective.encode(text(" ".join("abcdefghij"[n % 10] * 2 for n in range(250))), tools)
    tally = np.zeros(3)
    for draw in range(20):
        seen = objective.seen(row, tools, (0, 1, draw))
        found = np.array(seen.counts) > 0
        ids, whole = np.array(seen.ids), np.array(row.ids)
        assert (ids[~found] == whole[~found]).all()
        same = ids[found] == whole[found]
        tally += [(ids[found] == MASK).mean(), (~same & (ids[found] != MASK)).mean(), same.mean()]
    np.testing.assert_allclose(tally / 20, [0.8, 0.1, 0.1], atol=0.02)


def test_every_epoch_and_row_has_words_of_its_own_and_the_same_ones_again(pieces: Any) -> None:
    tools, objective = Tools(pieces, (), 64), MaskedLm()
    row = objective.encode(text("ab cd ef gh ij kl mn op qr st"), tools)
    seen = {draw: objective.seen(row, tools, draw) for draw in ((0, e, n) for e in range(6) for n in (0, 1))}
    assert len({one.counts for one in seen.values()}) > 4
    assert all(objective.seen(row, tools, draw) == one for draw, one in seen.items())


def test_a_long_text_is_read_in_pieces_and_none_of_it_is_lost(pieces: Any) -> None:
    tools, words = Tools(pieces, (), 16), "abc de fghi jk lmn op qrs tu vwx yz " * 3
    rows = MaskedLm().pieces(text(words), tools)
    assert all(len(row.ids) <= 16 and (row.ids[0], row.ids[-1]) == (2, 3) for row in rows)
    ids = [number for row in rows for number in row.ids[1:-1]]
    assert ids == pieces(words, add_special_tokens=False)["input_ids"]


def test_a_batch_predicts_the_hidden_tokens_themselves(tiny_model: Path) -> None:
    tools, objective = Tools(load(Model(name=str(tiny_model))).tokenizer, (), 64), MaskedLm(share=0.3)
    row = objective.encode(text("the camera is great but the battery is bad"), tools)
    seen = objective.seen(row, tools, (3, 1, 0))
    batch = objective.collate([seen], tools)
    places = batch.inputs["places"].tolist()
    assert batch.inputs["targets"].tolist() == [row.ids[place] for place in places]
    assert places == [place for place, count in enumerate(seen.counts) if count]
    assert tuple(batch.inputs["input_ids"][0].tolist()) == seen.ids
