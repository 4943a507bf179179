"""Every format, read from bytes whose name says nothing."""

import io
import json

import datasets
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afina.data.formats import FORMATS, Reading
from afina.data.read import read, read_parts
from afina.errors import DataError, RecipeError

ROWS = [{"text": f"text number {n}, with a comma", "label": "ab"[n % 2]} for n in range(12)]


def given(tmp_path, content, name="data.bin"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def delimited(delimiter, header=True):
    rows = [f'"{row["text"]}"{delimiter}{row["label"]}' for row in ROWS]
    return "\n".join([*([f"text{delimiter}label"] if header else []), *rows]) + "\n"


def test_every_format_is_in_the_table():
    assert set(FORMATS) == {
        "csv",
        "jsonl",
        "json",
        "parquet",
        "xlsx",
        "hf_folder",
        "documents",
        "conll",
        "text",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_endings(tmp_path, delimiter, ending):
    sheet = read(given(tmp_path, delimited(delimiter).replace("\n", ending)), Reading())
    assert sheet.format == "csv"
    assert list(sheet.rows) == ROWS
    assert sheet.lines == tuple(range(2, 14))


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
        ("latin-1", "Windows-1252"),
    ],
)
def test_encodings(tmp_path, encoding, told):
    text = "texto,etiqueta\n" + "el niño comió piña,sí\nqué mañana más fría,no\n" * 6
    sheet = read(given(tmp_path, text.encode(encoding)), Reading())
    assert sheet.columns == ("texto", "etiqueta")
    assert sheet.rows[1] == {"texto": "qué mañana más fría", "etiqueta": "no"}
    assert told in sheet.notes[0]
    assert any("not UTF-8" in note for note in sheet.notes) == (told == "Windows-1252")


def test_bytes_that_windows_1252_does_not_have_are_latin_1(tmp_path):
    sheet = read(given(tmp_path, "text,label\ncaf\xe9 \x81,a\n".encode("latin-1")), Reading())
    assert sheet.rows[0]["text"] == "café \x81"
    assert any("Latin-1" in note for note in sheet.notes)


def test_encoding_and_delimiter_as_told(tmp_path):
    path = given(tmp_path, "text!label\nДобрый день!a\n".encode("koi8-r"))
    sheet = read(path, Reading(encoding="koi8-r", delimiter="!"))
    assert sheet.rows == ({"text": "Добрый день", "label": "a"},)


def test_quoted_newlines_and_blank_lines_keep_the_line_where_a_row_starts(tmp_path):
    content = 'text,label\n"one\ntwo\n\nthree",a\n\n  \nlast,b\n"x ""quoted"" y",c\n'
    sheet = read(given(tmp_path, content), Reading())
    assert [row["text"] for row in sheet.rows] == ["one\ntwo\n\nthree", "last", 'x "quoted" y']
    assert sheet.lines == (2, 8, 9)


def test_a_line_of_a_megabyte(tmp_path):
    sheet = read(given(tmp_path, f"text,label\n{'word ' * 220_000},a\nshort,b\n"), Reading())
    assert len(sheet.rows[0]["text"]) == 1_100_000


@pytest.mark.parametrize(
    "content",
    [
        "Great phone,positive\nBad phone,negative\nFine,positive\nAwful,negative\n",
        "spam\tbuy now\nham\tsee you\nspam\twin now\nspam\tclick\nham\tok\n",
        "3,a good one\n1,a bad one\n3,very good\n",
        f"{'a long sentence of many words ' * 3},x\nshort,y\n",
    ],
)
def test_a_first_row_that_is_data_is_no_header(tmp_path, content):
    sheet = read(given(tmp_path, content), Reading())
    assert sheet.columns == ("column 1", "column 2")
    assert sheet.lines[0] == 1
    assert any("first row looks like data" in note for note in sheet.notes)


def test_a_header_of_unknown_names_is_a_header(tmp_path):
    sheet = read(given(tmp_path, "customer words,verdict\nI like it,yes\nI do not,no\nWell,no\n"), Reading())
    assert sheet.columns == ("customer words", "verdict")


def test_columns_without_a_name(tmp_path):
    sheet = read(given(tmp_path, ",text,label,\n0,one,a,\n1,two,b,\n"), Reading())
    assert sheet.columns == ("column 1", "text", "label")
    assert sheet.rows[1] == {"column 1": "1", "text": "two", "label": "b"}
    assert any("no name in the header" in note for note in sheet.notes)


def test_quotation_marks_are_letters_in_a_tsv_that_does_not_pair_them(tmp_path):
    sheet = read(given(tmp_path, 'text\tlabel\n"Great phone\ta\n5" screen\tb\n'), Reading())
    assert [row["text"] for row in sheet.rows] == ['"Great phone', '5" screen']
    assert any("plain letters" in note for note in sheet.notes)


def test_bad_rows_are_kept_apart_when_they_are_to_be_skipped(tmp_path):
    sheet = read(given(tmp_path, "text,label\none,a\ntwo,b,c\nthree,d\n"), Reading(bad_rows="skip"))
    assert sheet.lines == (2, 4)
    assert [problem.where for problem in sheet.problems] == [f"{tmp_path}/data.bin:3"]


def test_json_lines(tmp_path):
    content = '\ufeff{"text": "a", "label": 1}\n\n{"text": "b", "extra": [1]}\r\n'
    sheet = read(given(tmp_path, content), Reading())
    assert (sheet.format, sheet.lines, sheet.columns) == ("jsonl", (1, 3), ("text", "label", "extra"))
    assert sheet.rows[1] == {"text": "b", "extra": [1]}


@pytest.mark.parametrize("indent", [None, 2])
def test_json_list_and_data(tmp_path, indent):
    for value in (ROWS, {"version": [1, 2], "data": ROWS, "more": {"a": 1}}):
        sheet = read(given(tmp_path, json.dumps(value, indent=indent)), Reading())
        assert (sheet.format, list(sheet.rows)) == ("json", ROWS)
        if indent:
            text = json.dumps(value, indent=indent).splitlines()
            assert all(text[line - 1].strip() == "{" for line in sheet.lines)
            assert [json.dumps(row["text"]) in text[line] for row, line in zip(sheet.rows, sheet.lines)]


def test_json_of_splits(tmp_path):
    parts = read_parts(given(tmp_path, json.dumps({"train": ROWS, "validation": ROWS[:3]})), Reading())
    assert {split: len(sheet) for split, sheet in parts.items()} == {"train": 12, "dev": 3}
    with pytest.raises(DataError, match=r"several splits \(train, dev\)"):
        read(tmp_path / "data.bin", Reading())


def test_parquet_with_class_names(tmp_path):
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["negative", "positive"])}
    )
    data = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [0, 1, -1]}, features=features)
    data.to_parquet(str(tmp_path / "data.bin"))
    sheet = read(tmp_path / "data.bin", Reading())
    assert (sheet.format, sheet.lines) == ("parquet", (1, 2, 3))
    assert [row["label"] for row in sheet.rows] == ["negative", "positive", None]


def test_parquet_with_the_same_name_twice(tmp_path):
    buffer = io.BytesIO()
    pq.write_table(pa.table([["a"], ["b"]], names=["text", "text"]), buffer)
    with pytest.raises(DataError, match="more than once: text"):
        read(given(tmp_path, buffer.getvalue()), Reading())


def test_spreadsheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Empty"
    sheet = book.create_sheet("May")
    for row in [[], [None, "text", "label"], [None, "uno", 1], [], [None, 2020, 2.5], [None, "tres", None]]:
        sheet.append(row)
    book.create_sheet("June").append(["text", "label"])
    book.save(tmp_path / "data.csv")
    read_sheet = read(tmp_path / "data.csv", Reading())
    assert read_sheet.format == "xlsx"
    assert read_sheet.rows == (
        {"text": "uno", "label": 1.0},
        {"text": 2020.0, "label": 2.5},
        {"text": "tres", "label": ""},
    )
    assert read_sheet.lines == (3, 5, 6)
    assert any("sheet 'May'" in note for note in read_sheet.notes)
    assert any("June" in note for note in read_sheet.notes)
    with pytest.raises(DataError, match="no rows below it"):
        read(tmp_path / "data.csv", Reading(sheet="June"))


def test_datasets_folder(tmp_path):
    data = datasets.Dataset.from_dict({"text": [row["text"] for row in ROWS], "label": [0, 1] * 6})
    data = data.cast_column("label", datasets.ClassLabel(names=["no", "yes"]))
    data.save_to_disk(str(tmp_path / "one"), num_shards=3)
    sheet = read(tmp_path / "one", Reading())
    assert (sheet.format, len(sheet), sheet.lines[-1]) == ("hf_folder", 12, 12)
    assert [row["label"] for row in sheet.rows] == ["no", "yes"] * 6
    many = datasets.DatasetDict(train=data, validation=data.select(range(4)), unsupervised=data)
    many.save_to_disk(str(tmp_path / "many"))
    parts = read_parts(tmp_path / "many", Reading())
    assert {split: len(sheet) for split, sheet in parts.items()} == {"train": 12, "dev": 4}
    assert "these splits are not used: unsupervised" in parts["train"].notes[0]
    # A view of other rows is saved as those rows.
    data.filter(lambda row: row["label"] == 1).save_to_disk(str(tmp_path / "some"))
    assert [row["label"] for row in read(tmp_path / "some", Reading()).rows] == ["yes"] * 6


def test_plain_text(tmp_path):
    sheet = read(
        given(tmp_path, "One sentence, here.\n\nAnother one.\nAnd a third, with, commas.\n"), Reading()
    )
    assert (sheet.format, sheet.columns, sheet.lines) == ("text", ("text",), (1, 3, 4))
    assert sheet.rows[2] == {"text": "And a third, with, commas."}
    assert read(given(tmp_path, "review\nfine\nbad\n"), Reading()).columns == ("review",)


def test_a_format_can_be_told(tmp_path):
    path = given(tmp_path, '{"text": "a"}\n')
    assert read(path, Reading()).format == "jsonl"
    assert read(path, Reading(format="text")).rows == ({"text": '{"text": "a"}'},)
    with pytest.raises(RecipeError, match="Did you mean 'jsonl'"):
        read(path, Reading(format="jsonlines"))
