"""Numbers are read as they stand, and every row that holds none is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from afina.data.load import Columns, Data
from afina.data.rated import load_rated, read_rated
from afina.data.split import Split
from afina.errors import DataError
from afina.language import speaking
from conftest import sentences

ROWS = sentences(40)


def table(folder: Path, *rows: tuple[str, ...], header: str = "text,stars,id") -> str:
    path = folder / "rated.csv"
    made = [",".join(row) for row in rows]
    path.write_text("\n".join([header, *made]) + "\n", encoding="utf-8")
    return str(path)


def rated(folder: Path, *more: tuple[str, ...]) -> str:
    rows = [(text, f"{1 + n % 5}.5", str(n)) for n, (text, _label) in enumerate(ROWS)]
    return table(folder, *rows, *more)


def test_the_column_of_numbers_is_found_by_its_name(tmp_path: Path) -> None:
    data = load_rated(Data(path=rated(tmp_path)), 0)
    assert data.columns == Columns("text", "stars")
    assert [len(side) for _name, side in data.splits.items()] == [28, 4, 8]
    every = {example.where.line: example for _name, side in data.splits.items() for example in side}
    assert [every[line].value for line in range(2, 8)] == [1.5, 2.5, 3.5, 4.5, 5.5, 1.5]
    assert every[2].texts == (ROWS[0][0],)
    assert "The task is to tell the number 'stars', from 1.5 to 5.5 in training." in data.notes


def test_numbers_are_written_in_the_language_of_the_reader(tmp_path: Path) -> None:
    with speaking("es"):
        assert "de 1,5 a 5,5" in " ".join(load_rated(Data(path=rated(tmp_path)), 0).notes)
        same = table(tmp_path, *((text, "2.5", "1") for text, _label in ROWS))
        with pytest.raises(DataError, match="2,5"):
            load_rated(Data(path=same), 0)


def test_the_only_column_of_numbers_is_found_by_its_content(tmp_path: Path) -> None:
    rows = [(text, str(n)) for n, (text, _label) in enumerate(ROWS)]
    data = load_rated(Data(path=table(tmp_path, *rows, header="text,amount")), 0)
    assert data.columns == Columns("text", "amount")


def test_several_columns_of_numbers_are_not_guessed_from(tmp_path: Path) -> None:
    rows = [(text, str(n), str(-n)) for n, (text, _label) in enumerate(ROWS)]
    with pytest.raises(DataError, match="several columns could hold the labels: 'amount', 'size'"):
        load_rated(Data(path=table(tmp_path, *rows, header="text,amount,size")), 0)


def test_every_cell_that_is_no_number_is_told_with_its_line(tmp_path: Path) -> None:
    path = rated(tmp_path, ("a phone", "much", "1"), ("a case", "", "2"), ("a box", "inf", "3"))
    with pytest.raises(DataError) as caught:
        load_rated(Data(path=path), 0)
    told = [(problem.what, problem.where) for problem in caught.value.problems]
    assert told == [
        (
            'this is not a number: "much". Decimals are written with a point, as in 4.5.',
            f"{path}:42",
        ),
        ("this row has no number.", f"{path}:43"),
        ('this is not a number: "inf". Decimals are written with a point, as in 4.5.', f"{path}:44"),
    ]
    data = load_rated(Data(path=path, bad_rows="skip"), 0)
    assert [problem.where for problem in data.dropped] == [f"{path}:{line}" for line in (42, 43, 44)]


def test_one_number_alone_is_nothing_to_learn(tmp_path: Path) -> None:
    rows = [(text, "3", str(n)) for n, (text, _label) in enumerate(ROWS)]
    with pytest.raises(DataError, match="all training rows have the same number, 3"):
        load_rated(Data(path=table(tmp_path, *rows)), 0)


def test_pairs_of_texts(tmp_path: Path) -> None:
    rows = [(text, other, str(n % 4)) for n, ((text, _l), (other, _m)) in enumerate(zip(ROWS, ROWS[::-1]))]
    path = table(tmp_path, *rows, header="one,two,similarity")
    data = load_rated(Data(path=path, text="one", pair="two", split=Split(near_duplicates=None)), 0)
    assert data.columns == Columns("one", "similarity", pair="two")
    first = data.splits.train[0]
    assert first.texts == rows[first.where.line - 2][:2]
    assert first.text == "\n".join(first.texts)
    other = Path(path).with_name("other.csv")
    other.write_text("one,two,similarity\na phone,,1\n,a case,2\na box,a camera,3\n", encoding="utf-8")
    with pytest.raises(DataError, match="this row has no second text"):
        read_rated(other, Data(), data.columns)
    (kept,) = read_rated(other, Data(bad_rows="skip"), data.columns)
    assert (kept.texts, kept.value) == (("a box", "a camera"), 3.0)


def test_a_second_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.pair: .* has no column \"tow\""):
        load_rated(Data(path=rated(tmp_path), pair="tow"), 0)


def test_a_column_with_decimal_commas_is_found_and_every_row_told(tmp_path: Path) -> None:
    path = tmp_path / "rated.csv"
    path.write_text('text,price\na phone,4\na case,"4,5"\na box,5.5\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"rated\.csv:3: this is not a number: \"4,5\"\. Decimals"):
        load_rated(Data(path=str(path)), 0)
