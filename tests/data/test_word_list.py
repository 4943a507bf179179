"""Lists of words: what is read, what is refused, and what they say of texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from afina.data.word_list import read_word_list
from afina.errors import DataError

LABELS = ("Envío", "Precio")


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "words.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_words_with_scores_count_as_often_as_they_stand_there(tmp_path: Path) -> None:
    known = read_word_list(written(tmp_path, "word,score\ngood,1\nout of order,-2.5\nOrder,0.5\n"), LABELS)
    assert list(known.said("Good, very GOOD; it is out  of order!")) == [1.0, 1.0, -2.5, 0.5]
    assert list(known.said("goods")) == []
    assert list(known.said("")) == []


def test_words_with_labels_in_spanish(tmp_path: Path) -> None:
    path = written(tmp_path, "palabra,etiqueta\nllegó,Envío\ncaro,Precio\n")
    assert list(read_word_list(path, LABELS).said("LLEGO tarde y caro")) == ["Envío", "Precio"]


def test_every_bad_row_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "word,score\ngood,1\n,2\nbad,much\nworse,nan\n")
    with pytest.raises(DataError) as caught:
        read_word_list(path, LABELS)
    assert [problem.where for problem in caught.value.problems] == [f"{path}:{line}" for line in (3, 4, 5)]
    with pytest.raises(DataError, match="Did you mean 'Precio'"):
        read_word_list(written(tmp_path, "word,label\ncaro,Precios\n"), LABELS)


@pytest.mark.parametrize("header", ["a,b", "word,b", "a,score"])
def test_the_columns_have_to_be_called_so(tmp_path: Path, header: str) -> None:
    with pytest.raises(DataError, match="needs the columns word and score"):
        read_word_list(written(tmp_path, f"{header}\nx,1\n"), LABELS)
