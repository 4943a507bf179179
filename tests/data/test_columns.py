import json
from pathlib import Path

import pytest

from afina.data.columns import Columns, find_columns, find_text
from afina.data.formats import Sheet
from afina.data.labels import BadCell, LabelReader, guess_separator, is_missing, plain_label
from afina.errors import DataError

TEXTS = [f"this is sentence number {n} of them" for n in range(30)]
LABELS = ["good", "bad", "fair"] * 10
NOTHING = {"text": None, "label": None, "group": None, "weight": None}


def sheet(**columns):
    rows = [dict(zip(columns, values)) for values in zip(*columns.values())]
    return Sheet(Path("a.csv"), "csv", tuple(columns), tuple(rows), tuple(range(2, len(rows) + 2)))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("text", "label"),
        ("Review Text", "Sentiment"),
        ("reseña", "categoría"),
        ("comentario", "etiqueta"),
        ("PREGUNTA", "intención"),
        ("sentence", "rating"),
        ("anything", "whatever"),
        ("label_of_product", "x"),
    ],
)
def test_columns_by_name_or_content(text, label):
    data = sheet(
        id=range(30), **{text: TEXTS}, **{label: LABELS}, when=[f"2024-01-{n + 1}" for n in range(30)]
    )
    columns, notes = find_columns(data, NOTHING)
    assert columns == Columns(text, label)
    assert len(notes) == 2


def test_better_names_win():
    data = sheet(review=range(30), text=TEXTS, title=TEXTS, label=LABELS, rating=[1, 2, 3] * 10)
    assert find_columns(data, NOTHING)[0] == Columns("text", "label")


def test_named_columns_are_taken_and_leave_the_others_to_be_found():
    data = sheet(premise=TEXTS, hypothesis=TEXTS[::-1], gold=LABELS)
    assert find_columns(data, {**NOTHING, "text": "hypothesis"})[0] == Columns("hypothesis", "gold")
    assert find_columns(data, {**NOTHING, "text": "premise", "label": "gold"})[1] == ()
    with pytest.raises(
        DataError, match=r"data\.text: a\.csv has no column \"premis\"\. Did you mean 'premise'"
    ):
        find_columns(data, {**NOTHING, "text": "premis"})


def test_group_and_weight_only_by_name():
    data = sheet(text=TEXTS, label=LABELS, grupo=[n // 3 for n in range(30)], sample_weight=[1.0] * 30)
    assert find_columns(data, NOTHING)[0] == Columns("text", "label", "grupo", "sample_weight")
    data = sheet(text=TEXTS, label=LABELS, product=[n // 3 for n in range(30)], weight=[1.0] * 30)
    assert find_columns(data, NOTHING)[0] == Columns("text", "label")


def test_the_text_column_of_a_file_to_predict():
    assert find_text(sheet(text=TEXTS, label=LABELS), "text") == "text"
    assert find_text(sheet(whatever=TEXTS), "text") == "whatever"
    assert find_text(sheet(id=range(30), comment=TEXTS), "text") == "comment"
    with pytest.raises(DataError, match=r"several columns.*data\.text"):
        find_text(sheet(one=TEXTS, two=TEXTS), "text")


@pytest.mark.parametrize("cell", ["", " ", "NaN", "nan", "null", "None", "N/A", None, float("nan")])
def test_missing_cells(cell):
    assert is_missing(cell)
    with pytest.raises(BadCell, match="this row has no label"):
        LabelReader(False)(cell)


@pytest.mark.parametrize("cell", ["none", "0", 0, False, "no"])
def test_cells_that_are_not_missing(cell):
    assert not is_missing(cell)


@pytest.mark.parametrize(
    ("cell", "label"),
    [
        (" Positive ", "Positive"),
        (1, "1"),
        (1.0, "1"),
        ("1.0", "1"),
        (1.5, "1.5"),
        (True, "true"),
        ("a  b", "a b"),
    ],
)
def test_plain_labels(cell, label):
    assert plain_label(cell) == label
    assert LabelReader(False)(cell) == {label: 1.0}


def test_several_labels():
    assert LabelReader(True)(["b", "a"]) == {"a": 1.0, "b": 1.0}
    assert LabelReader(True)([]) == {}
    assert LabelReader(True)("") == {}
    assert LabelReader(True)('["a", "b"]') == {"a": 1.0, "b": 1.0}
    assert LabelReader(True, "|")("a | b|") == {"a": 1.0, "b": 1.0}
    assert LabelReader(False, None)(["a"]) == {"a": 1.0}
    with pytest.raises(BadCell, match="this row has no label"):
        LabelReader(True)(None)
    with pytest.raises(BadCell, match="not a label: null"):
        LabelReader(True)(["a", None])


def test_soft_labels():
    reader = LabelReader(False)
    assert reader({"a": 0.25, "b": 0.75, "c": None, "d": 0}) == {"a": 0.25, "b": 0.75}
    assert reader(json.dumps({"a": 1.0})) == {"a": 1.0}
    assert sum(reader({"a": 0.3333, "b": 0.3333, "c": 0.3333}).values()) == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(BadCell, match="from 0 to 1"):
        reader({"a": -0.5, "b": 1.5})
    assert LabelReader(True)({"a": 0.9, "b": 0.8}) == {"a": 0.9, "b": 0.8}


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (["a|b", "a", "b", "b|c", "c", "a|c"], "|"),
        (["a;b", "b;a", "a", "b"], ";"),
        (["a, b", "b", "a", "a, b, c", "c, a"], ","),
        (["good", "bad"] * 5, None),
        (["Yes, definitely", "No, never"] * 5, None),
        (["Sci/Tech", "World"] * 5, None),
        (["Home, Garden", "Home, Kitchen", "Home"] * 3, None),
        (["a|b", "c"], None),
    ],
)
def test_separators(cells, separator):
    assert guess_separator(cells) == separator
