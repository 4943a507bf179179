"""Wrong input is answered with one clear sentence for each thing that is wrong, and where."""

import gzip
import io
import json
import os
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afina.data.load import Data, load
from afina.data.read import read
from afina.errors import DataError
from afina.language import speaking

WORDS = [
    "lamp",
    "chair",
    "table",
    "phone",
    "radio",
    "knife",
    "spoon",
    "glass",
    "plate",
    "mirror",
    "rug",
    "pot",
]
ROWS = [
    (f"{word} {n} of the shop", "good" if n % 2 else "bad") for n, word in enumerate([*WORDS, "a", "b", "c"])
]
BODY = "".join(f"{text},{label}\n" for text, label in ROWS)
GOOD = "text,label\n" + BODY
LINES = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS)


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("reviews.csv", GOOD)
    return buffer.getvalue()


def sheet(*rows):
    buffer = io.BytesIO()
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def parquet(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def spoilt(line, text):
    """The good table with another row at a line."""
    lines = GOOD.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"


# content, what the sentence says, the place after the file's name, settings
CASES = {
    "empty file": (b"", "is empty", "", {}),
    "only blank lines": (b"\n\n  \n", "is empty", "", {}),
    "only a byte order mark": (b"\xef\xbb\xbf", "", "", {}),
    "header only": ("text,label\n", "no rows below it", ":1", {}),
    "one column": ("text\n" + "".join(f"{text}\n" for text, _ in ROWS), "there is one column", "", {}),
    "binary": (bytes(range(256)) * 20, "not text", "", {}),
    "random bytes": (b"\x00\x01\x02\x03" * 500, "not text", "", {}),
    "gzip": (gzip.compress(GOOD.encode()), "compressed", "", {}),
    "zip": (zipped(), "compressed", "", {}),
    "web page": ("<!DOCTYPE html><html><body>404</body></html>", "web page", "", {}),
    "xml": ("<?xml version='1.0'?><a/>", "XML", "", {}),
    "pdf": (b"%PDF-1.7\n\x00\x01", "document", "", {}),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "picture", "", {}),
    "pickle": (b"\x80\x04\x95\x10\x00", "pickle", "", {}),
    "sqlite": (b"SQLite format 3\x00....", "database", "", {}),
    "git lfs pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS", "", {}),
    "truncated utf-16": (
        "\ufeff".encode("utf-16-le") + GOOD.encode("utf-16-le") + b"x",
        "encoding",
        ":17",
        {},
    ),
    "utf-8 with broken bytes": (
        "text,label\nniño año señor,a\n".encode() + b"caf\xe9,b\n" + BODY.encode(),
        "not UTF-8",
        ":3",
        {},
    ),
    "wrong encoding set": ("text,label\nniño,a\n", "encoding", ":2", {"encoding": "ascii"}),
    "unknown encoding": (GOOD, "no encoding", None, {"encoding": "klingon"}),
    "NUL character": (spoilt(4, "lamp\x00,good"), "NUL", ":4", {}),
    "missing label": (spoilt(7, "a fine lamp,"), "this row has no label", ":7", {}),
    "NaN label": (spoilt(3, "a fine lamp,NaN"), "this row has no label", ":3", {}),
    "null label": (LINES + '{"text": "x y z", "label": null}\n', "this row has no label", ":16", {}),
    "no label key": (LINES + '{"text": "x y z"}\n', "this row has no label", ":16", {}),
    "one class": ("text,label\n" + BODY.replace(",bad", ",good"), "every row has the same label", "", {}),
    "two rows": ("text,label\na,x\nb,y\n", "there are 2 usable rows, and at least 10", "", {}),
    "one row": ("text,label\na,x\n", "there is 1 usable row, and at least 10", "", {}),
    "a label for each row": (
        "text,label\n" + "".join(f"{text},{n}x\n" for n, (text, _) in enumerate(ROWS)),
        "label of its own",
        "",
        {},
    ),
    "numbers, not classes": (
        "text,label\n" + "".join(f"word {n} here,{n / 7:.3f}\n" for n in range(60)),
        "different numbers",
        "",
        {},
    ),
    "ragged row": (spoilt(5, "good, cheap,bad"), "3 columns where 2 are expected", ":5", {}),
    "short row": (spoilt(5, "good"), "1 column where 2 are expected", ":5", {}),
    "unclosed quote": (spoilt(6, '"a fine lamp,good'), "never closed", ":6", {}),
    "quote closed by a later one": (
        spoilt(6, '"a fine lamp,good').replace("mirror", '"mirror'),
        "the next one is far below, in line 11",
        ":6",
        {},
    ),
    "duplicate header": ("text,label,text\n" + "a,b,c\n" * 12, "more than once: 'text'", ":1", {}),
    "delimiter of two characters": (GOOD, "single character", None, {"delimiter": "||"}),
    "wrong delimiter": (GOOD, "there is one column", "", {"delimiter": ";"}),
    "unknown column": (GOOD, 'no column "etiqueta"', None, {"label": "etiqueta"}),
    "two columns of texts": (
        "premise,hypothesis,label\n" + "".join(f"{text},{text} too,{label}\n" for text, label in ROWS),
        "several columns could hold the texts: 'premise', 'hypothesis'",
        "",
        {},
    ),
    "two columns of labels": (
        "text,sentiment,topic\n"
        + "".join(f"{text},{label},x{n % 3}\n" for n, (text, label) in enumerate(ROWS)),
        "several columns could hold the labels",
        "",
        {},
    ),
    "no column of labels": (
        "text,id\n" + "".join(f"{text},{n}\n" for n, (text, _) in enumerate(ROWS)),
        "no column seems",
        "",
        {},
    ),
    "broken JSON line": (LINES + '{"text": "a", "label": }\n', "not valid JSON", ":16:24", {}),
    "JSON line is a list": (LINES + '["a", "b"]\n', "not a JSON object", ":16", {}),
    "NaN in JSON": (LINES + '{"text": "a", "label": NaN}\n', "NaN is not a JSON value", ":16", {}),
    "deep JSON line": (LINES + '{"text": ' + "[" * 100_000 + "\n", "JSON", ":16", {}),
    "broken JSON": (
        '[{"text": "a", "label": "b"},\n {"text": "c" "label": "d"}]',
        "not valid JSON",
        ":2:15",
        {},
    ),
    "JSON cut off": ('[\n{"text": "a", "label": "b"},\n', "not valid JSON", ":3:1", {}),
    "deep JSON": ("[" * 100_000, "JSON", ":1", {}),
    "empty JSON list": ("[]", "no rows", "", {}),
    "JSON list of numbers": ('{"data": [{"text": "a"}, 3]}', "not an object", ":2", {}),
    "JSON without rows": ('{\n"name": "x",\n"size": 3\n}', "no list of rows", "", {}),
    "JSON with several lists": (
        '{"a": [{"text": "x"}],\n "b": [{"text": "y"}]}',
        "several lists: a, b",
        "",
        {},
    ),
    "JSON after its end": ('[{"text": "a", "label": "b"}]\n]', "not valid JSON", ":2:1", {}),
    "nested text": (LINES + '{"text": {"a": 1}, "label": "good"}\n', "not a text", ":16", {}),
    "half a character": (
        LINES + '{"text": "\\ud800", "label": "good"}\n',
        "half a character",
        ":16",
        {"clean": {"control": False}},
    ),
    "soft labels that do not sum to 1": (
        "".join(json.dumps({"text": text, "label": {"a": 0.6, "b": 0.6}}) + "\n" for text, _ in ROWS),
        "sum to 1 (they sum to 1.2)",
        ":1",
        {},
    ),
    "probability above 1": (
        "".join(json.dumps({"text": text, "label": {"a": 2}}) + "\n" for text, _ in ROWS),
        "from 0 to 1",
        ":1",
        {},
    ),
    "several labels where one is wanted": (
        "".join(json.dumps({"text": text, "label": ["a", "b"]}) + "\n" for text, _ in ROWS),
        "one label is needed",
        ":1",
        {"multi_label": False},
    ),
    "negative weight": (
        "text,label,w\n" + "".join(f"{text},{label},-1\n" for text, label in ROWS),
        "weight",
        ":2",
        {"weight": "w"},
    ),
    "damaged parquet": (b"PAR1" + b"\x00" * 100 + b"PAR1", "Parquet file cannot be read", "", {}),
    "empty parquet": (
        parquet(text=pa.array([], pa.string()), label=pa.array([], pa.string())),
        "no rows",
        "",
        {},
    ),
    "parquet without labels": (
        parquet(text=[text for text, _ in ROWS], label=[None] * len(ROWS)),
        "this row has no label",
        ":1",
        {},
    ),
    "empty spreadsheet": (sheet(), "no rows", "", {}),
    "spreadsheet without a label": (
        sheet(("text", "label"), *ROWS, ("a lamp", None)),
        "this row has no label",
        ":17",
        {},
    ),
    "damaged spreadsheet": (sheet(("text", "label"), *ROWS)[:-400], "", "", {}),
    "old spreadsheet, damaged": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        "cannot be read",
        "",
        {},
    ),
    "unknown sheet": (sheet(("text", "label"), *ROWS), 'no sheet "May"', None, {"sheet": "May"}),
    "all in one group": (
        "text,label,group\n" + "".join(f"{text},{label},g\n" for text, label in ROWS),
        "all 15 rows belong together",
        None,
        {"group": "group"},
    ),
    "format that it is not": (GOOD, "Hugging Face", "", {"format": "hf_folder"}),
}


@pytest.mark.parametrize("name", CASES)
def test_malformed_input_is_told_in_one_sentence_with_its_place(name, tmp_path, monkeypatch):
    content, sentence, place, settings = CASES[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reviews.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError) as caught:
        load(Data.of({"path": "reviews.csv", **settings}), seed=0)
    first = caught.value.problems[0]
    assert sentence in first.what
    if place is not None:
        assert first.where == f"reviews.csv{place}"
    else:
        assert first.where.startswith("data.")
    for problem in caught.value.problems:
        assert problem.what.endswith(".")
        assert "\n" not in problem.what
        assert "Error" not in str(problem)
        assert len(str(problem)) < 400


@pytest.mark.parametrize(
    ("name", "content", "place", "fix"),
    [
        ("a.json", "[1,2,", ":1:6", "cut off"),
        ("a.json", '[{"text": "a"},', ":1:16", "cut off"),
        ("a.json", '{text: "a", label: "b"}', ":1:2", "comma, quote or bracket"),
        ("a.jsonl", '{text: "a", label: "b"}\n{text: "c", label: "d"}\n', ":1:2", "comma, quote or bracket"),
        ("a.jsonl", "[1,2,\n", ":1:6", "cut off"),
    ],
)
def test_broken_json_is_told_as_json_where_the_name_says_so(tmp_path, name, content, place, fix):
    path = tmp_path / name
    path.write_text(content)
    for language, what in (("en", "this is not valid JSON."), ("es", "esto no es JSON válido.")):
        with speaking(language), pytest.raises(DataError) as caught:
            read(path, Data())
        first = caught.value.problems[0]
        assert (first.what, first.where) == (what, f"{path}{place}")
        assert (fix in first.fix) == (language == "en")


def test_a_table_may_be_called_json(tmp_path):
    path = tmp_path / "reviews.json"
    path.write_text(GOOD)
    assert read(path, Data()).format == "csv"


def test_missing_file_names_a_near_one(tmp_path):
    (tmp_path / "reviews.csv").write_text(GOOD)
    with pytest.raises(DataError, match=r"no such file\. Did you mean 'reviews.csv'\?"):
        load(Data(path=str(tmp_path / "revews.csv")), 0)


def test_no_data_at_all():
    with pytest.raises(DataError, match=r"data\.path: no data is given\."):
        load(Data(), 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text(GOOD)
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be opened"):
        load(Data(path=str(path)), 0)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null"):
        with pytest.raises(DataError, match="not a regular file"):
            load(Data(path=str(path)), 0)
    with pytest.raises(DataError, match=r"cannot be opened|no such file"):
        load(Data(path="a\x00b"), 0)
    with pytest.raises(DataError, match="cannot be opened"):
        load(Data(path="x" * 5000), 0)


def test_folder_without_splits(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DataError, match=r"no file called train\.csv"):
        load(Data(path=str(tmp_path)), 0)


def test_folder_with_two_files_for_a_split(tmp_path):
    (tmp_path / "train.csv").write_text(GOOD)
    (tmp_path / "train.jsonl").write_text(LINES)
    with pytest.raises(DataError, match=r"train\.csv and train\.jsonl are both train rows\."):
        load(Data(path=str(tmp_path)), 0)


def test_damaged_datasets_folder(tmp_path):
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "../../etc/passwd"}]}')
    with pytest.raises(DataError, match="may be damaged or incomplete"):
        load(Data(path=str(tmp_path)), 0)
    (tmp_path / "state.json").write_text("not json")
    with pytest.raises(DataError, match="missing or damaged"):
        load(Data(path=str(tmp_path)), 0)


def test_test_file_with_a_label_that_training_does_not_know(tmp_path):
    (tmp_path / "train.csv").write_text(GOOD)
    (tmp_path / "test.csv").write_text("text,label\na new lamp,good\na red car,goodd\n")
    with pytest.raises(DataError) as caught:
        load(Data(path=str(tmp_path)), 0)
    assert str(caught.value) == (
        f'{tmp_path}/test.csv:3: the label "goodd" does not occur in the training rows. '
        "Did you mean 'good'?"
    )


def test_test_file_without_the_column(tmp_path):
    (tmp_path / "train.csv").write_text(GOOD)
    (tmp_path / "test.csv").write_text("text,etiqueta\na new lamp,good\n")
    with pytest.raises(DataError, match='has no column "label"'):
        load(Data(path=str(tmp_path)), 0)


def test_every_bad_row_is_told_and_many_are_counted(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text(GOOD + "a lamp without a label,\n" * 50)
    with pytest.raises(DataError) as caught:
        load(Data(path=str(path)), 0)
    problems = caught.value.problems
    assert [problem.where for problem in problems[:20]] == [f"{path}:{line}" for line in range(17, 37)]
    assert problems[20].what == "30 more rows have problems."
    assert sum(problem.count for problem in problems) == 50
    assert "data.bad_rows=skip" in problems[0].fix
    assert not any(problem.fix for problem in problems[1:])


def test_bad_rows_can_be_skipped_and_are_reported(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text(GOOD + "a lamp without a label,\na,b,c\n,good\n")
    data = load(Data(path=str(path), bad_rows="skip"), 0)
    assert sum(len(side) for _name, side in data.splits.items()) == len(ROWS)
    assert sorted(problem.where for problem in data.dropped) == [f"{path}:{line}" for line in (17, 18, 19)]


def test_every_file_that_cannot_be_read_is_told():
    Path("broken.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(Data(path="broken.csv", dev="no dev.csv", test="no test.csv"), 0)
    assert [problem.where for problem in caught.value.problems] == ["broken.csv", "no dev.csv", "no test.csv"]


def test_a_sheet_of_one_line_is_passed_over_for_one_with_rows():
    book = openpyxl.Workbook()
    book.active.append(["Notes of the team"])
    rows = book.create_sheet("Reseñas")
    rows.append(["texto", "etiqueta"])
    for number in range(12):
        rows.append([f"a text of its own {number}", "ab"[number % 2]])
    book.save("book.xlsx")
    read_sheet = read("book.xlsx", Data(path="book.xlsx"))
    assert read_sheet.columns == ("texto", "etiqueta")
    assert any("'Reseñas'" in note for note in read_sheet.notes)


def test_a_row_that_is_too_short_is_not_told_to_quote_its_text():
    Path("mixed.csv").write_text("text,label\na long text;good\nanother text,bad\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mixed\.csv:2: .* divided by another sign"):
        read("mixed.csv", Data(path="mixed.csv"))
