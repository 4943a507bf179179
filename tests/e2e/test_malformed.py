"""Ways in which what a person gives can be wrong: exit code 1, sentences in both languages, no traceback."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from afina.cli import main

GOOD = "".join(
    f"text number {n} is {'good' if n % 2 else 'bad'} for reason {n * 7},{n % 2}\n" for n in range(40)
)
HEAD = "text,label\n"


def table(content: str | bytes, name: str = "data.csv") -> Callable[[Path], list[str]]:
    """A command that trains on a file of this content."""

    def make(folder: Path) -> list[str]:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return ["train", str(path)]

    return make


def options(*arguments: str) -> Callable[[Path], list[str]]:
    """A command with these options on good data."""
    return lambda folder: [*table(HEAD + GOOD)(folder), *arguments]


def xlsx_called_csv(folder: Path) -> list[str]:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["nothing"])
    book.save(folder / "data.xlsx")
    (folder / "data.xlsx").rename(folder / "data.csv")
    return ["train", str(folder / "data.csv")]


def out_is_taken(folder: Path) -> list[str]:
    (folder / "out").mkdir()
    (folder / "out" / "notes.txt").write_text("mine")
    return [*table(HEAD + GOOD)(folder), "--out", str(folder / "out")]


CASES: dict[str, Callable[[Path], list[str]]] = {
    "empty file": table(""),
    "only blank lines": table("\n\n\n"),
    "only a header": table(HEAD),
    "one column": table("text\n" + "\n".join(f"row {n}" for n in range(30))),
    "binary": table(bytes(range(256)) * 40),
    "an image": table(b"\x89PNG\r\n\x1a\n" + b"\0" * 500),
    "a gzip archive": table(b"\x1f\x8b\x08\x00" + b"x" * 200),
    "a web page": table("<!DOCTYPE html><html><body>Sign in</body></html>"),
    "a pointer of Git LFS": table("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"),
    "a sheet of one cell, called csv": xlsx_called_csv,
    "missing label": table(HEAD + GOOD + "a row without its label,\n"),
    "label NaN": table(HEAD + GOOD + "a row with a label that is not a number,NaN\n"),
    "every label missing": table(HEAD + "".join(f"text number {n},\n" for n in range(30))),
    "one class": table(HEAD + "".join(f"text number {n},same\n" for n in range(30))),
    "two rows": table(HEAD + "good one,a\nbad one,b\n"),
    "a class for every row": table(HEAD + "".join(f"text number {n},class{n}\n" for n in range(30))),
    "numbers to predict": table(HEAD + "".join(f"text number {n},{n * 1.37}\n" for n in range(200))),
    "quote never closed": table(HEAD + GOOD + '"this quote is never closed,1\nmore,0\nand more,1\n'),
    "too many cells": table(HEAD + GOOD + "one,two,three,four\n"),
    "duplicate header": table("text,text\n" + GOOD),
    "two columns could hold the text": table(
        "first,second,label\n"
        + "".join(
            f"some words {n} here and there,other words {n * 3} over there too,{n % 2}\n" for n in range(40)
        )
    ),
    "a NUL in it": table(HEAD + GOOD + "te\0xt,1\n"),
    "half of a UTF-16 file": table(("text,label\n" + GOOD).encode("utf-16")[:-1]),
    "a line of one megabyte without a label": table(HEAD + GOOD + "x" * 1_000_000 + "\n"),
    "broken JSONL": table('{"text": "a", "label": "b"}\n{"text": "c", "label": \n' * 20, "data.jsonl"),
    "JSONL of lists": table("[1, 2]\n" * 30, "data.jsonl"),
    "NaN in JSONL": table('{"text": "a b c", "label": NaN}\n' * 30, "data.jsonl"),
    "no such file": lambda folder: ["train", str(folder / "nothing.csv")],
    "an empty folder": lambda folder: ["train", str(folder)],
    "no such column": options("--set", "data.text=txet"),
    "unknown setting": options("--set", "train.epoch=3"),
    "setting of the wrong kind": options("--set", "train.batch=many"),
    "setting out of range": options("--set", "train.batch=0"),
    "unknown method": options("--adapt", "ful"),
    "unknown task": options("--task", "clasify"),
    "no such model": options("--model", "minilmm"),
    "a model folder that is empty": lambda folder: [*options()(folder), "--model", str(folder)],
    "output where nothing can be written": options("--out", "/dev/null/run"),
    "output folder taken": out_is_taken,
    "recipe with a tab": table("data: x\n\ttrain: 3\n", "recipe.yaml"),
    "recipe with a key twice": table("data: x.csv\nseed: 1\nseed: 2\n", "recipe.yaml"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_told_in_both_languages(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {}
    for language in ("en", "es"):
        folder = tmp_path / language
        folder.mkdir()
        arguments = CASES[case](folder)
        assert main([*arguments, "--lang", language]) == 1
        spoken = capsys.readouterr().err
        assert "Traceback" not in spoken
        assert "unexpected" not in spoken
        # What was guessed before may be told first; the error comes last.
        error = spoken[re.search(r"^Error: ", spoken, re.MULTILINE).start() :]  # type: ignore[union-attr]
        assert len(error) < 4000
        assert all(line.rstrip()[-1] in ".!?)»'" for line in error.splitlines()[1:])
        told[language] = error.replace(str(folder), "")
        assert not Path("runs").exists() or not any(Path("runs").iterdir())
    assert told["en"] != told["es"]


def test_problems_are_collected_with_their_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = table(HEAD + GOOD + "first,\nfine,1\nsecond,\nthird,nan\n")(tmp_path)
    assert main([*arguments, "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert [problem["where"].rpartition(":")[2] for problem in error["problems"]] == ["42", "44", "45"]


FILLING = """
import resource, sys
from pathlib import Path
from afina.cli.failures import guarded
from afina.recipe.recipe import Recipe
from afina.run import run

def listen(event):
    if event.kind == "progress" and sys.argv[4] == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

recipe = Recipe.of({"data": sys.argv[1], "model": sys.argv[2], "train": {"epochs": 1, "save_every": 2}})
sys.exit(guarded(lambda: run(recipe, out=Path(sys.argv[3]), resume=True, listen=listen), []))
"""


def test_a_disk_that_fills_up(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: a checkpoint cannot be written whole."""
    arguments = [sys.executable, "-c", FILLING, small_table, tiny_model, tmp_path / "run"]
    done = subprocess.run([*arguments, "full"], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].endswith(
        "there is no space left on the disk. Free some space, then continue with --resume."
    )
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "report.json").exists()
    again = subprocess.run([*arguments, "free"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "run" / "report.json").exists()
