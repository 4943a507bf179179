import csv
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afina.cli import main
from afina.errors import DataError, StoreError
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.review import Review
from afina.run import fix

ROWS = [
    ("The camera is good and small.", "good"),  # line 2
    ("The café was closed all day.", "bad"),
    ("the  camera is good and small.", "good"),  # a copy of line 2
    ("The cafÃ© was closed all day.", "bad"),  # a copy of line 3, once it is repaired
    ("It broke after <b>two</b> days.", "bad"),
    ("Nothing works as it should.", "Bad"),  # spelt in another way
    ("", "good"),
    ("Who knows what this is.", "good"),
    ("Who knows what this is.", "bad"),  # contradicts the line above
    *(
        (f"Number {n} is a {'fine' if n % 2 else 'poor'} thing.", "good" if n % 2 else "bad")
        for n in range(40)
    ),
]
KEPT = [2, 3, 6, 7, 9, 10, *range(11, 51)]


def write_csv(path, rows=ROWS, delimiter=","):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([("id", "text", "label"), *number(rows)])
    return path


def number(rows):
    return [(str(line), *row) for line, row in enumerate(rows, 2)]


def objects(rows=ROWS):
    return [dict(zip(("id", "text", "label"), row)) for row in number(rows)]


def read_csv(path, delimiter=","):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def mended(path, out=None, **settings):
    return fix(Recipe.of({"data": {"path": str(path)}, **settings}), out=out)


def log(made):
    with open(made["log"], encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_a_table_is_mended_and_every_change_is_told(tmp_path):
    source = write_csv(tmp_path / "reviews.csv")
    before = source.read_bytes()
    made = mended(source)
    rows = read_csv(tmp_path / "reviews-cleaned.csv")
    assert made["output"] == str(tmp_path / "reviews-cleaned.csv")
    assert [int(row["id"]) for row in rows] == KEPT
    assert list(rows[0]) == ["id", "text", "label"]
    told = {(change["what"], change["where"]): change for change in log(made)}
    assert {what for what, _where in told} == {
        "duplicate", "encoding", "html", "label", "unusable", "whitespace",
    }  # fmt: skip
    copy = told["duplicate", f"{source}:5"]
    assert (copy["column"], copy["after"], copy["because"]) == (None, None, f"{source}:3")
    assert told["encoding", f"{source}:5"]["after"] == "The café was closed all day."
    assert told["label", f"{source}:7"]["before"] == "Bad"
    assert told["label", f"{source}:7"]["after"] == rows[3]["label"] == "bad"
    assert rows[2]["text"] == "It broke after two days."
    assert told["unusable", f"{source}:8"]["because"] == "this row has no text and is left out."
    assert made["contradictions"] == [[f"{source}:9", f"{source}:10"]]
    assert made["changes"]["duplicate"] == 2
    assert made["rows"] == {"train": len(KEPT)}
    assert source.read_bytes() == before
    # Once mended, nothing is left to mend.
    again = mended(tmp_path / "reviews-cleaned.csv", tmp_path / "again.csv")
    assert again["changes"] == {}
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "reviews-cleaned.csv").read_bytes()
    alone = mended(tmp_path / "reviews-cleaned.csv")
    assert (alone["output"], alone["log"], alone["rows"]) == (None, None, made["rows"])
    assert alone["contradictions"]
    assert not list(tmp_path.glob("reviews-cleaned-cleaned*"))


@pytest.mark.parametrize("ending", ["tsv", "jsonl", "json", "parquet", "xlsx", "data.json", "splits.json"])
def test_every_format_is_written_as_it_was_read(tmp_path, ending):
    source, out = tmp_path / f"reviews.{ending}", tmp_path / f"out.{ending}"
    rows = objects()
    if ending == "tsv":
        write_csv(source, delimiter="\t")
    elif ending == "jsonl":
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif ending == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), source)
    elif ending == "xlsx":
        book = openpyxl.Workbook()
        for cells in [list(rows[0]), *(list(row.values()) for row in rows)]:
            book.active.append(cells)
        book.save(source)
    else:
        values = {"json": rows, "data.json": {"data": rows, "version": 3}}
        values["splits.json"] = {"train": rows, "test": objects(ROWS[9:] + ROWS[:1])}
        source.write_text(json.dumps(values[ending]))
    mended(source, out)
    if ending == "tsv":
        found = read_csv(out, "\t")
    elif ending == "jsonl":
        found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    elif ending == "parquet":
        assert pq.read_schema(out).equals(pq.read_schema(source))
        found = pq.read_table(out).to_pylist()
    elif ending == "xlsx":
        head, *cells = openpyxl.load_workbook(out).active.iter_rows(values_only=True)
        found = [dict(zip(head, each)) for each in cells]
    else:
        value = json.loads(out.read_text(encoding="utf-8"))
        if ending == "data.json":
            assert value["version"] == 3
        if ending == "splits.json":
            assert len(value["test"]) == 41
        found = value if ending == "json" else value["data" if ending == "data.json" else "train"]
    kept = [int(row["id"]) for row in found]
    # Of what is also in the test split nothing stays in the training split.
    assert kept == ([3, 6, 7, 9, 10] if ending == "splits.json" else KEPT)
    assert [row["label"] for row in found if row["id"] == "7"] == ["bad"]


def test_a_file_without_a_header_gets_none(tmp_path):
    source = tmp_path / "bare.csv"
    source.write_text("".join(f"{text} So it is indeed.;{label}\n" for text, label in ROWS if text))
    made = mended(source, tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "The camera is good and small. So it is indeed.;good"
    assert len(lines) == made["rows"]["train"]


def test_a_folder_of_splits_stays_one_and_training_copies_of_other_splits_go(tmp_path):
    folder = tmp_path / "reviews"
    folder.mkdir()
    write_csv(folder / "train.csv", ROWS[9:])
    write_csv(folder / "valid.csv", [ROWS[0], ROWS[1], *ROWS[47:]])
    write_csv(folder / "test.csv", [ROWS[4], ROWS[1], ROWS[9]])
    made = mended(folder)
    out = tmp_path / "reviews-cleaned"
    assert {path.name for path in out.iterdir()} == {"train.csv", "valid.csv", "test.csv", "changes.jsonl"}
    assert made["changes"]["leakage"] == 4
    assert made["rows"] == {"dev": 3, "test": 3, "train": 37}
    leaked = {(each["where"], each["because"]) for each in log(made) if each["what"] == "leakage"}
    assert (f"{folder / 'train.csv'}:2", f"{folder / 'test.csv'}:4") in leaked
    assert (f"{folder / 'valid.csv'}:3", f"{folder / 'test.csv'}:3") in leaked


def test_data_and_test_in_two_files_become_a_folder(tmp_path):
    write_csv(tmp_path / "a.csv")
    write_csv(tmp_path / "b.csv", ROWS[12:16])
    made = mended(tmp_path / "a.csv", data={"path": str(tmp_path / "a.csv"), "test": str(tmp_path / "b.csv")})
    assert {path.name for path in (tmp_path / "a-cleaned").iterdir()} == {
        "train.csv", "test.csv", "changes.jsonl",
    }  # fmt: skip
    assert made["changes"]["leakage"] == 4


def test_contradictions_go_when_asked(tmp_path):
    source = write_csv(tmp_path / "reviews.csv")
    made = mended(source, audit={"fix": {"contradictions": "remove"}})
    assert made["contradictions"] == []
    assert made["changes"]["contradiction"] == 2
    assert made["rows"] == {"train": len(KEPT) - 2}


def test_several_labels_in_a_cell(tmp_path):
    source = tmp_path / "many.csv"
    cells = ["price|size", "Price|size", "price", "size"] * 10
    write_csv(source, [(f"Text number {n} about it.", cell) for n, cell in enumerate(cells)])
    made = mended(source)
    assert made["changes"] == {"label": 10}
    assert {row["label"] for row in read_csv(tmp_path / "many-cleaned.csv")} == {
        "price|size",
        "price",
        "size",
    }


def test_conversations(tmp_path):
    source = tmp_path / "talks.jsonl"
    talks = [
        {
            "messages": [
                {"role": "user", "content": f"Â¿QuÃ© es {n}?"},
                {"role": "assistant", "content": "Uno."},
            ]
        }
        for n in [*range(30), 3]
    ]
    source.write_text("".join(json.dumps(talk) + "\n" for talk in talks))
    made = mended(source, task="generate", adapt="lora")
    assert made["changes"] == {"encoding": 31, "duplicate": 1}
    first = json.loads((tmp_path / "talks-cleaned.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["messages"][0] == {"role": "user", "content": "¿Qué es 0?"}


def test_what_is_there_is_not_overwritten(tmp_path):
    source = write_csv(tmp_path / "reviews.csv")
    out = tmp_path / "out.csv"
    out.write_text("mine")
    recipe = Recipe.of({"data": str(source)})
    with pytest.raises(StoreError, match="nothing is overwritten"):
        fix(recipe, out=out)
    assert out.read_text() == "mine"
    fix(recipe, out=out, overwrite=True)
    assert out.read_text() != "mine"
    before = source.read_bytes()
    for itself in (source, tmp_path / "x" / ".." / "reviews.csv"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(StoreError, match="never changed"):
            fix(recipe, out=itself, overwrite=True)
    assert source.read_bytes() == before


def test_what_cannot_be_mended_is_told(tmp_path):
    source = tmp_path / "asked.csv"
    source.write_text("question,answer\n" + "".join(f"What is {n}?,It is number {n}.\n" for n in range(30)))
    with pytest.raises(DataError, match="rows belong together"):
        mended(source, task="embed")
    folder = tmp_path / "reviews"
    folder.mkdir()
    write_csv(folder / "train.csv", ROWS[9:])
    write_csv(folder / "test.csv", ROWS[9:])
    with pytest.raises(DataError, match="no usable rows are left in train"):
        mended(folder)
    assert not (tmp_path / "reviews-cleaned").exists()


def test_words_and_their_tags(tmp_path):
    source = tmp_path / "names.conll"
    rows = [f"Â¿QuÃ© O\nJuan B-per\na{n} O\nb{n} O\nc{n} O\n" for n in [*range(40), 3]]
    source.write_text("\n".join(rows), encoding="utf-8")
    made = mended(source, task="tag")
    assert made["changes"] == {"encoding": 41, "duplicate": 1}
    copy = (tmp_path / "names-cleaned.conll").read_text(encoding="utf-8")
    assert copy == "\n".join(row.replace("Â¿QuÃ©", "¿Qué") for row in rows[:40]) + "\n"


def test_what_is_only_read_is_refused_before_any_work(tmp_path, monkeypatch):
    source = tmp_path / "lines.txt"
    source.write_text("".join(f"This is line {n}.\n" for n in range(40)))
    monkeypatch.setattr(Prepared, "given", None)
    with pytest.raises(DataError, match=r"lines.txt: no copy of this can be written.*Save the data as"):
        mended(source, task="fill_mask")
    with pytest.raises(DataError, match="no copy of this can be written"):
        Review(Recipe.of({"data": str(source)}))


def test_the_command(tmp_path, capsys):
    source = write_csv(tmp_path / "reviews.csv")
    assert main(["check", str(source), "--fix", "-o", str(tmp_path / "out.csv")]) == 0
    told = capsys.readouterr()
    assert "Copies of a row, left out" in told.out
    assert str(tmp_path / "out.csv.changes.jsonl") in told.out
    assert f"different labels: {source}:9 = {source}:10" in told.err
    assert main(["check", str(source), "--fix", "-o", str(tmp_path / "out.csv"), "--json"]) == 1
    assert "nothing is overwritten" in capsys.readouterr().out
    assert (
        main(["check", str(source), "--fix", "-o", str(tmp_path / "out.csv"), "--overwrite", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["changes"]["duplicate"] == 2
    assert main(["check", str(source), "-o", str(tmp_path / "new.csv")]) == 2


@pytest.mark.parametrize(
    ("language", "left", "nothing"),
    [
        ("en", "Rows that are left", "Nothing had to be changed, so there is no copy.\n"),
        ("es", "Filas que quedan", "No hubo nada que cambiar, así que no hay copia.\n"),
    ],
)
def test_what_is_left_of_a_file_and_what_needed_no_change(tmp_path, capsys, language, left, nothing):
    source = write_csv(tmp_path / "reviews.csv")
    assert main(["check", str(source), "--fix", "--lang", language]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(left)]
    assert line.split()[-1] == str(len(KEPT)), "the rows of the file, not of a side"
    copy = str(tmp_path / "reviews-cleaned.csv")
    assert main(["check", copy, "--fix", "--lang", language]) == 0
    told = capsys.readouterr()
    assert told.out == nothing
    assert f"{copy}:6 = {copy}:7" in told.err
    assert main(["check", copy, "--fix", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["output"], made["log"], made["changes"]) == (None, None, {})
