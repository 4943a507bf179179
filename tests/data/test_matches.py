"""Questions and documents out of files: folders as BEIR publishes them, tables, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from afina.data.collect import collect, read_documents
from afina.data.load import Data, Dataset
from afina.data.matches import load_matches
from afina.data.search import NOTHING, Bm25
from afina.errors import DataError

THINGS = ["phone", "camera", "battery", "screen", "strap", "charger", "case", "box", "sound", "price", "lens"]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def beir(folder: Path) -> Path:
    """Eleven documents, a question about each, and judgements of three sides."""
    jsonl(
        folder / "corpus.jsonl",
        [
            {"_id": f"d{n}", "title": f"about the {one}", "text": f"a {one} works"}
            for n, one in enumerate(THINGS)
        ],
    )
    jsonl(folder / "queries.jsonl", [{"_id": f"q{n}", "text": f"my {one} ?"} for n, one in enumerate(THINGS)])
    sides = {"train": range(7), "dev": range(7, 9), "test": range(9, 11)}
    for side, numbers in sides.items():
        rows = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{n}\t2" for n in numbers)]
        rows += [f"q{n}\td{(n + 1) % 11}\t{n % 2}" for n in numbers]
        (folder / "qrels").mkdir(exist_ok=True)
        (folder / "qrels" / f"{side}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def load(path: Path, mined: int = 0, **settings: Any) -> Dataset:
    return load_matches(Data(path=str(path), **settings), 0, mined)


def test_a_folder_of_beir(tmp_path: Path) -> None:
    data = load(beir(tmp_path / "beir"))
    assert data.documents[3] == "about the screen a screen works"
    assert len(data.documents) == 11
    first = data.splits.train[0]
    assert (first.text, first.document.number, first.grade) == ("my phone ?", 0, 2.0)
    assert [one.number for one in first.negatives] == [1]  # judged 0
    assert str(first.where).endswith("qrels/train.tsv:2")
    second = next(match for match in data.splits.train if match.group == "q1")
    assert second.relevant == {1: 2.0, 2: 1.0}
    assert {match.group for match in data.splits.test} == {"q9", "q10"}


def test_a_folder_with_files_a_side(tmp_path: Path) -> None:
    beir(tmp_path / "beir")
    folder = tmp_path / "other"
    documents = [
        {"id": n, "title": f"about the {one}", "text": f"a {one} works"} for n, one in enumerate(THINGS)
    ]
    jsonl(folder / "docs.jsonl", documents)
    for side, numbers in {"train": range(7), "dev": range(7, 9), "test": range(9, 11)}.items():
        jsonl(folder / f"queries_{side}.jsonl", [{"id": n, "text": f"my {THINGS[n]} ?"} for n in numbers])
        judged = [(n, n, 2) for n in numbers] + [(n, (n + 1) % 11, n % 2) for n in numbers]
        rows = [{"query_id": str(query), "doc_id": number, "grade": grade} for query, number, grade in judged]
        jsonl(folder / f"qrels_{side}.jsonl", rows)
    one, other = load(folder), load(tmp_path / "beir")
    assert one.documents == other.documents
    for mine, theirs in zip(one.splits.items(), other.splits.items(), strict=True):
        assert [(m.text, m.document, m.relevant) for m in mine[1]] == [
            (m.text, m.document, m.relevant) for m in theirs[1]
        ]


def test_published_for_testing_alone_is_divided_anew(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    for side in ("train", "dev"):
        text = (folder / "qrels" / f"{side}.tsv").read_text(encoding="utf-8").splitlines()[1:]
        with (folder / "qrels" / "test.tsv").open("a", encoding="utf-8") as file:
            file.write("\n".join(text) + "\n")
        (folder / "qrels" / f"{side}.tsv").unlink()
    data = load(folder)
    assert any("divided anew" in note for note in data.notes)
    groups = [{match.group for match in side} for _name, side in data.splits.items()]
    assert all(groups)
    assert sum(map(len, groups)) == 11  # no question on two sides


def test_a_table_by_the_names_of_its_columns(tmp_path: Path) -> None:
    rows = [{"pregunta": f"my {one} ?", "documento": f"a {one} works"} for one in THINGS]
    rows += [{"pregunta": "my lens ?", "documento": "a phone works"}]
    rows[0]["negative"] = "it rains"
    data = load(jsonl(tmp_path / "rows.jsonl", rows), mined=1)
    assert len(data.documents) == 12
    matches = [match for _name, side in data.splits.items() for match in side]
    known = {one.number for match in data.splits.train for one in (match.document, *match.negatives)}
    assert {one.number for match in matches for one in match.negatives} <= known | {1}
    lens = next(match for match in matches if match.text == "my lens ?")
    assert set(lens.relevant) == {0, 11} or len(lens.relevant) == 2
    for match in matches:
        assert not {one.number for one in match.negatives} & set(match.relevant)


def test_grades_of_a_table(tmp_path: Path) -> None:
    rows = [
        {"query": f"my {one} ?", "document": f"a {other} works", "label": int(one == other)}
        for one in THINGS
        for other in THINGS[:3]
    ]
    rows += [{"query": f"my {one} ?", "document": f"a {one} works", "label": 1} for one in THINGS[3:]]
    data = load(jsonl(tmp_path / "rows.jsonl", rows))
    match = next(match for _name, side in data.splits.items() for match in side if match.text == "my phone ?")
    assert match.document.text == "a phone works"
    assert sorted(one.text for one in match.negatives) == ["a battery works", "a camera works"]


def test_what_is_wrong_is_told_together(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    with (folder / "qrels" / "train.tsv").open("a", encoding="utf-8") as file:
        file.write("q99\td1\t1\nq1\td99\t1\nq1\td1\tgood\n")
    with pytest.raises(DataError) as caught:
        load(folder)
    told = str(caught.value)
    assert 'train.tsv:16: there is nothing with the query-id "q99".' in told
    assert 'train.tsv:17: there is nothing with the corpus-id "d99".' in told
    assert 'train.tsv:18: this is no grade: "good".' in told
    assert len(load(folder, bad_rows="skip").dropped) == 3


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    folder = beir(tmp_path / "beir")
    (folder / "queries.jsonl").unlink()
    with pytest.raises(DataError, match=r"corpus\.jsonl is here, and queries\.jsonl is missing"):
        load(folder)
    with pytest.raises(DataError, match=r"data\.test: a folder of documents says itself"):
        load(beir(tmp_path / "whole"), test="test.csv")
    table = jsonl(tmp_path / "rows.jsonl", [{"a": "x y z", "b": "u v w"}] * 12)
    with pytest.raises(DataError, match="it is not clear which columns hold the questions and the documents"):
        load(table)
    with pytest.raises(DataError, match="there is 1 usable row"):
        load(table, text="a", label="b")


def test_mined_negatives_share_words_and_answer_nothing(tmp_path: Path) -> None:
    data = load(beir(tmp_path), mined=2)
    for _name, side in data.splits.items():
        for match in side:
            assert not {one.number for one in match.negatives} & set(match.relevant)


def test_searching_by_words() -> None:
    index = Bm25(["the café opens", "a closed door", "the door of the cafe"])
    assert index.search(["CAFÉ door", "window"], 3).tolist() == [[2, 0, 1], [NOTHING] * 3]


def test_documents_of_a_file(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "d.jsonl", [{"title": "T", "text": " a  b "}, {"title": None, "text": "c"}])
    assert read_documents(path, Data(path=str(path))) == ("T a b", "c")
    assert set(collect(Data(path=str(beir(tmp_path / "b")))).sides) == {"train", "dev", "test"}
