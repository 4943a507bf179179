"""What every format that can be written promises: a copy reads back as the rows that were kept."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import datasets
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afina.data.changes import Change, check_written, copy_of, write_copy
from afina.data.formats import FORMATS, Source
from afina.data.load import Data, sheets_of
from afina.errors import DataError, StoreError

TEXTS = [
    "The camera is good.", 'A "quoted", text; with | all\tof it', "Two\nlines", "=1+1", "#N/A",
    "_x0041_ stays", "Qué bien 😀", "12", "  spaces  ", "The last one.",
]  # fmt: skip
ROWS = [{"id": str(n), "text": text, "label": "bad" if n % 2 else "good"} for n, text in enumerate(TEXTS)]
CONLL = """-DOCSTART- -X- O

# the first
John B-per
runs O

# the second
In O
Lima B-loc
. O

Stay\tO
here O
"""


def written_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ("id", "text", "label"))
        table.writeheader()
        table.writerows(ROWS)


def written_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "empty"
    sheet = book.create_sheet("reviews")
    for number, row in enumerate([list(ROWS[0]), *(list(row.values()) for row in ROWS)], 2):
        for position, value in enumerate([*row, "when" if number == 2 else date(2024, 5, number)], 1):
            cell = sheet.cell(number, position)
            # What looks like a character by its number is written so itself.
            cell.value = value.replace("_x0041_", "_x005F_x0041_") if isinstance(value, str) else value
            cell.data_type = "s" if isinstance(value, str) else cell.data_type
    book.save(path)


def written_folder(path: Path) -> None:
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["good", "bad"]),
        }
    )
    whole = datasets.Dataset.from_list(ROWS, features=features)
    datasets.DatasetDict({"train": whole, "validation": whole.select(range(3))}).save_to_disk(path)


WRITTEN: dict[str, Callable[[Path], Any]] = {
    "csv": written_csv,
    "jsonl": lambda path: path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8"),
    "json": lambda path: path.write_text(json.dumps({"train": ROWS, "test": ROWS[:3]}), encoding="utf-8"),
    "parquet": lambda path: pq.write_table(pa.Table.from_pylist(ROWS), path),
    "xlsx": written_xlsx,
    "conll": lambda path: path.write_text(CONLL, encoding="utf-8"),
    "hf_folder": written_folder,
}


def made(kind: str, tmp_path: Path) -> Data:
    path = tmp_path / f"reviews.{kind}"
    WRITTEN[kind](path)
    return Data(path=str(path))


def changes_of(settings: Data) -> list[Change]:
    """The second row out; another answer in the third."""
    changes = []
    for sheet in sheets_of(settings).values():
        changes.append(Change(f"{sheet.path}:{sheet.lines[1]}", None, "removed"))
        tagged = "tags" in sheet.columns
        column, after = ("tags", ["O", "B-loc"]) if tagged else ("label", "bad")
        changes.append(Change(f"{sheet.path}:{sheet.lines[2]}", column, "label", None, after))
    return changes


@pytest.mark.parametrize("kind", FORMATS)
def test_a_copy_reads_back_as_what_was_kept(kind: str, tmp_path: Path) -> None:
    if kind not in WRITTEN:
        assert FORMATS[kind].rewrite is FORMATS.base.rewrite, "give it a file to copy"
        return
    settings = made(kind, tmp_path)
    sheets, changes = sheets_of(settings), changes_of(settings)
    assert {sheet.format for sheet in sheets.values()} == {kind}
    kept = copy_of(sheets, changes)
    copy = write_copy(settings, sheets, changes, tmp_path / f"copy.{kind}")
    again = sheets_of(Data(path=str(copy.path)))
    assert again.keys() == kept.keys()
    for side, sheet in kept.items():
        assert again[side].rows == sheet.rows
        assert again[side].columns == sheet.columns
        assert again[side].format == kind
    assert copy.rows == {side: len(sheets[side]) - 1 for side in sheets}
    # A copy of the copy, with nothing changed, is the same.
    write_copy(Data(path=str(copy.path)), again, (), tmp_path / f"twice.{kind}")
    assert {
        side: sheet.rows for side, sheet in sheets_of(Data(path=str(tmp_path / f"twice.{kind}"))).items()
    } == {side: sheet.rows for side, sheet in kept.items()}


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_data_themselves_stay_as_they_are(kind: str, tmp_path: Path) -> None:
    settings = made(kind, tmp_path)
    path = Path(str(settings.path))
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    before = {each: each.read_bytes() for each in files}
    for out in (path, tmp_path / "." / path.name, *([path / "train"] if path.is_dir() else [])):
        with pytest.raises(StoreError, match="never changed"):
            write_copy(settings, sheets_of(settings), (), out, overwrite=True)
    assert {each: each.read_bytes() for each in files} == before


def test_what_is_only_read_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("one\ntwo\n")
    (tmp_path / "test.txt").write_text("three\nfour\n")
    settings = Data(path=str(tmp_path))
    with pytest.raises(DataError) as refused:
        check_written(settings, sheets_of(settings))
    assert [problem.where for problem in refused.value.problems] == [
        str(tmp_path / "train.txt"),
        str(tmp_path / "test.txt"),
    ]
    documents = tmp_path / "texts"
    documents.mkdir()
    (documents / "a.md").write_text("A paragraph.\n")
    settings = Data(path=str(documents))
    with pytest.raises(DataError, match="no copy"):
        check_written(settings, sheets_of(settings, documents=True))


def test_a_spreadsheet_with_macros_is_only_read(tmp_path: Path) -> None:
    written_xlsx(tmp_path / "reviews.xlsx")
    xlsx = FORMATS.make("xlsx")
    assert xlsx.writes(Source(tmp_path, (tmp_path / "reviews.xlsx").read_bytes()))
    with zipfile.ZipFile(tmp_path / "reviews.xlsx", "a") as file:
        file.writestr("xl/vbaProject.bin", b"")
    assert not xlsx.writes(Source(tmp_path, (tmp_path / "reviews.xlsx").read_bytes()))
    assert not xlsx.writes(Source(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))


def test_conll_keeps_its_lines(tmp_path: Path) -> None:
    settings = made("conll", tmp_path)
    copy = write_copy(settings, sheets_of(settings), changes_of(settings), tmp_path / "copy.conll")
    assert copy.path.read_text(encoding="utf-8") == (
        "-DOCSTART- -X- O\n\n# the first\nJohn B-per\nruns O\n\nStay\tO\nhere B-loc\n"
    )


def test_conll_u_keeps_what_is_no_word(tmp_path: Path) -> None:
    def line(number: str, word: str, tag: str) -> str:
        return "\t".join([number, word, "_", tag, *"______"]) + "\n"

    text = (
        "# text = al\n" + line("1-2", "al", "_") + line("1", "a", "ADP") + line("2", "el", "DET") + "\n"
        "# text = va\n" + line("1", "va", "VERB") + "\n"
    )  # fmt: skip
    (tmp_path / "al.conllu").write_text(text, encoding="utf-8")
    settings = Data(path=str(tmp_path / "al.conllu"))
    change = Change(f"{tmp_path / 'al.conllu'}:2", "tags", "label", None, ["ADP", "X"])
    copy = write_copy(settings, sheets_of(settings), [change], tmp_path / "copy.conllu")
    assert copy.path.read_text(encoding="utf-8") == text.replace("DET", "X")


def test_a_folder_of_datasets_opens_with_datasets_and_keeps_its_classes(tmp_path: Path) -> None:
    settings = made("hf_folder", tmp_path)
    copy = write_copy(settings, sheets_of(settings), changes_of(settings), tmp_path / "copy")
    opened = datasets.load_from_disk(str(copy.path))
    before = datasets.load_from_disk(str(settings.path))
    assert opened["train"].features == before["train"].features
    assert opened["train"]["label"][:3] == [0, 1, 1]
    assert len(opened["validation"]) == 2
    assert opened["train"]._fingerprint != before["train"]._fingerprint


def test_one_split_of_datasets_and_a_parquet_file_of_it(tmp_path: Path) -> None:
    written_folder(tmp_path / "all")
    one = datasets.load_from_disk(str(tmp_path / "all"))["train"]
    one.save_to_disk(tmp_path / "one")
    one.to_parquet(tmp_path / "one.parquet")
    for name in ("one", "one.parquet"):
        settings = Data(path=str(tmp_path / name))
        sheets, changes = sheets_of(settings), changes_of(settings)
        copy = write_copy(settings, sheets, changes, tmp_path / f"copy-{name}")
        assert sheets_of(Data(path=str(copy.path)))["train"].rows == copy_of(sheets, changes)["train"].rows
    assert datasets.load_from_disk(str(tmp_path / "copy-one"))["label"][:3] == [0, 1, 1]
