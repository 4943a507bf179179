import csv
import json
import sys
from contextlib import suppress
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afina.data.load import Columns, Data, load, read_labelled, read_texts
from afina.errors import DataError

WORDS = ["lamp", "chair", "table", "phone", "radio", "knife", "spoon", "glass", "plate", "mirror"]
ROWS = [
    (f"the {word} of shop {n} is {n * 7 % 13}", "good" if n % 2 else "bad")
    for n, word in enumerate(WORDS * 6)
]


def written(path, rows=ROWS, header=("text", "label")):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def sizes(dataset):
    return tuple(len(side) for _name, side in dataset.splits.items())


def test_one_file(tmp_path):
    data = load(Data(path=written(tmp_path / "a.csv")), seed=1)
    assert sum(sizes(data)) == len(ROWS)
    assert data.columns == Columns("text", "label")
    assert (data.labels, data.multi_label, data.language) == (("bad", "good"), False, "en")
    assert data.dropped == data.cleaned == ()
    assert len(data.notes) == 6
    assert all(note.endswith(".") for note in data.notes)
    for _name, side in data.splits.items():
        for example in side:
            assert ROWS[example.where.line - 2] == (example.text, example.label)


def test_the_fingerprint_follows_the_data_and_the_split(tmp_path):
    path = written(tmp_path / "a.csv")
    first = load(Data(path=path), 1).fingerprint
    assert load(Data(path=path), 1).fingerprint == first
    assert load(Data(path=path), 2).fingerprint != first
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    assert load(Data(path=written(copy / "b.csv")), 1).fingerprint == first
    changed = [*ROWS[:-1], (ROWS[-1][0] + "!", ROWS[-1][1])]
    assert load(Data(path=written(tmp_path / "c.csv", changed)), 1).fingerprint != first


def test_a_folder_of_splits_and_separate_files(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    written(folder / "train.csv", ROWS[:40])
    (folder / "validation.jsonl").write_text(
        "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS[40:45])
    )
    written(folder / "test.tsv", ROWS[45:])
    assert sizes(load(Data(path=str(folder)), 0)) == (40, 5, 15)
    test = written(tmp_path / "other.csv", ROWS[50:])
    assert sizes(load(Data(path=str(folder), test=test), 0)) == (40, 5, 10)
    whole = written(tmp_path / "whole.csv", ROWS[:50])
    assert sizes(load(Data(path=whole, test=test), 0)) == (45, 5, 10)


def test_cleaning_is_reported_row_by_row(tmp_path):
    rows = [(f"<b>{text}</b>  now", label) for text, label in ROWS]
    data = load(Data(path=written(tmp_path / "a.csv", rows)), 0)
    assert len(data.cleaned) == len(ROWS)
    assert data.cleaned[0].steps == ("html", "whitespace")
    assert (data.cleaned[0].before, data.cleaned[0].after) == (rows[0][0], f"{ROWS[0][0]} now")
    assert data.cleaned[0].where.line == 2
    plain = load(Data.of({"path": str(tmp_path / "a.csv"), "clean": {"html": False, "whitespace": False}}), 0)
    assert plain.cleaned == ()


def test_rows_without_text_are_left_out_and_told(tmp_path):
    data = load(Data(path=written(tmp_path / "a.csv", [*ROWS, ("  ", "good"), ("<br>", "bad")])), 0)
    assert sum(sizes(data)) == len(ROWS)
    assert [problem.where for problem in data.dropped] == [f"{tmp_path}/a.csv:{line}" for line in (62, 63)]


def test_multi_label(tmp_path):
    rows = [(text, ("price", "size", "price|size", "")[n % 4]) for n, (text, _label) in enumerate(ROWS)]
    data = load(Data(path=written(tmp_path / "a.csv", rows)), 0)
    assert (data.multi_label, data.labels) == (True, ("price", "size"))
    targets = [example.target for _name, side in data.splits.items() for example in side]
    assert targets.count({}) == 15
    assert targets.count({"price": 1.0, "size": 1.0}) == 15
    assert any("several labels, divided by '|'" in note for note in data.notes)
    whole = [(text, label) for text, label in rows if label]
    single = load(Data(path=written(tmp_path / "b.csv", whole), multi_label=False), 0)
    assert single.labels == ("price", "price|size", "size")


def test_groups_and_weights(tmp_path):
    rows = [(text, label, n // 4, 0.5) for n, (text, label) in enumerate(ROWS)]
    path = written(tmp_path / "a.csv", rows, ("text", "label", "shop", "w"))
    data = load(Data(path=path, group="shop", weight="w"), 0)
    sides = [{example.group for example in side} for _name, side in data.splits.items()]
    assert sum(map(len, sides)) == 15
    assert {example.weight for example in data.splits.train} == {0.5}


def test_limit_is_a_seeded_sample_of_every_side(tmp_path):
    path = written(tmp_path / "a.csv")
    data = load(Data(path=path, limit=30), 0)
    assert sum(sizes(data)) == 30
    assert load(Data(path=path, limit=30), 0).fingerprint == data.fingerprint
    assert load(Data(path=path, limit=30), 1).fingerprint != data.fingerprint
    test = written(tmp_path / "test.csv", [*ROWS[:9], ("a word", "good")])
    assert sizes(load(Data(path=path, test=test, limit=35), 0)) == (27, 3, 5)


def test_rows_of_another_file_for_evaluation(tmp_path):
    path = written(tmp_path / "new.csv", [("a  lamp", "good"), ("", "bad"), ("a chair", "bad")])
    columns = Columns("text", "label", group="shop")
    rows = read_labelled(path, Data(), columns, ("bad", "good"), False)
    assert [(row.text, row.label, row.where.line) for row in rows] == [
        ("a lamp", "good", 2),
        ("a chair", "bad", 4),
    ]
    written(tmp_path / "new.csv", [("a lamp", "gut"), ("a chair", "bad"), ("a knife", "")])
    with pytest.raises(DataError) as caught:
        read_labelled(path, Data(), columns, ("bad", "good"), False)
    assert [problem.where for problem in caught.value.problems] == [f"{path}:4", f"{path}:2"]
    rows = read_labelled(path, Data(bad_rows="skip"), columns, ("bad", "good"), False)
    assert [row.text for row in rows] == ["a chair"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id,text\n1,one  text\n2,\n3,another\n"),
        ("a.csv", 'text\none  text\n""\nanother\n'),
        ("a.jsonl", '{"text": "one  text"}\n{"text": ""}\n{"text": "another"}\n'),
    ],
)
def test_texts_to_predict_keep_their_rows(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    sheet, texts = read_texts(tmp_path / name, Data(), Columns("text", "label"))
    assert texts in (("one text", "", "another"), ("one text", "another"))
    assert len(sheet) == len(texts)


def test_plain_text_to_predict(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("Good, really\nBad, awful\n\nSo, so\n")
    sheet, texts = read_texts(path, Data(), Columns("review", "label"))
    assert texts == ("Good, really", "Bad, awful", "So, so")
    assert sheet.lines == (1, 2, 4)
    path.write_text("Good, really\nBad, awful, and, broken\nSo, so\nFine, fine\nOK, OK\nNo, no\n")
    assert len(read_texts(path, Data(), Columns("text"))[1]) == 6


def test_reading_loads_no_torch():
    code = "import sys, afina.data.load, afina.data.audit, afina.data.render; print('torch' in sys.modules)"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    with pytest.raises(DataError):
        load(Data(path=str(path)), 0)


@given(st.text(alphabet='ab,;|\t"\n\r{}[]: 01é\x00\ufeff', max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_text(content, encoding="utf-8", newline="")
    with suppress(DataError):
        sheet, texts = read_texts(path, Data(), Columns("text"))
        assert len(sheet) == len(texts) > 0
