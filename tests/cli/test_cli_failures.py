"""What goes wrong becomes a sentence and an exit code."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from afina.cli import main
from afina.cli.failures import guarded
from afina.data.read import few
from afina.errors import DataError, Interrupted, Problem, RunError, reason_of
from afina.language import speaking


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (DataError("this row has no label.", where="a.csv:7"), 1, "Error: a.csv:7: this row has no label.\n"),
        (
            RunError("the loss is not finite.", fix="Lower it."),
            3,
            "Error: the loss is not finite. Lower it.\n",
        ),
        (Interrupted("stopped at step 3."), 130, "Stopped: stopped at step 3.\n"),
        (KeyboardInterrupt(), 130, "Stopped: stopped at once; what was saved before is kept.\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "out/x"),
            1,
            "Error: out/x: there is no space left on the disk. Free some space and try again.\n",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "x.csv"), 1, "Error: x.csv: you may not read"),
        (
            IsADirectoryError(errno.EISDIR, "Is a directory", "d"),
            1,
            "Error: d: this is a folder, not a file.\n",
        ),
        (OSError(errno.EMFILE, "Too many open files", "x"), 1, "Error: x: too many files are open.\n"),
        (MemoryError(), 3, "Error: there is not enough memory."),
    ],
)
def test_errors_are_one_sentence(
    error: BaseException, code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(raising(error), []) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(text)
    assert len(told.err.splitlines()) == 1


def test_problems_are_listed_and_cut(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem("this row has no label.", f"a.csv:{line}") for line in range(2, 32)]
    assert guarded(raising(DataError(problems)), []) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Error: 30 problems"
    assert lines[1] == "  a.csv:2: this row has no label."
    assert lines[-1] == "  and 10 more."
    assert len(lines) == 22


def test_the_heading_counts_the_rows_that_are_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem("this row has no label.", f"a.csv:{line}") for line in range(2, 1236)]
    assert guarded(raising(DataError(few(problems))), []) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Error: 1,234 problems"
    assert lines[-1] == "  and 1,214 more."
    assert len(lines) == 22


@pytest.mark.parametrize(
    ("error", "english", "spanish"),
    [
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "x"),
            "there is no such file or folder",
            "no existe ese archivo o carpeta",
        ),
        (PermissionError(errno.EACCES, "Permission denied"), "you may not read or write this", None),
        (OSError(errno.EMFILE, "Too many open files"), "too many files are open", None),
        (OSError(errno.EDQUOT, "Quota exceeded"), "there is no space left on the disk", None),
        (OSError(errno.EPIPE, "Broken pipe"), "Broken pipe", "Broken pipe"),
        (json.JSONDecodeError("Expecting value", "[1,\n 2,", 7), "line 2, column 4", "línea 2, columna 4"),
        (RecursionError("maximum recursion depth exceeded"), "it is nested too deeply", None),
        (ValueError("two\nlines"), "two", "two"),
        (ValueError(), "ValueError", "ValueError"),
    ],
)
def test_usual_reasons_are_in_the_language_of_the_reader(
    error: Exception, english: str, spanish: str | None
) -> None:
    assert reason_of(error) == english
    with speaking("es"):
        assert reason_of(error) == spanish if spanish else reason_of(error) != english


def test_json_errors_hold_every_problem(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem("no label.", f"a.csv:{line}", "Add one.") for line in range(30)]
    assert guarded(raising(DataError(problems)), ["train", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 1
    assert len(error["problems"]) == 30
    assert error["problems"][3] == {"what": "no label.", "where": "a.csv:3", "fix": "Add one."}


def test_a_text_that_looks_like_the_option_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(DataError("no.")), ["predict", "run", "--", "--json"]) == 1
    assert capsys.readouterr().out == ""


def test_the_unexpected_leaves_its_trace_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(ZeroDivisionError("oh")), []) == 3
    told = capsys.readouterr().err
    assert "Traceback" not in told
    found = re.search(r"The details are in (\S+): please", told)
    assert found is not None
    path = Path(found.group(1))
    trace = path.read_text()
    path.unlink()
    assert "ZeroDivisionError: oh" in trace


def test_a_closed_pipe_is_no_error() -> None:
    told = subprocess.run(
        f'"{sys.executable}" -m afina list settings | head -1', shell=True, capture_output=True, text=True
    )
    assert told.stdout.startswith("name")
    assert told.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "english", "spanish"),
    [
        (["train", "none.csv"], "none.csv: there is no such file.", "none.csv: no existe"),
        (["train", "none.yaml"], "none.yaml: there is no such file.", "none.yaml: no existe"),
        (["check", "."], "this folder holds no file called", "esta carpeta no contiene"),
        (["train", "broken.yaml"], "broken.yaml:2:1: there is a tab", "broken.yaml:2:1: hay un tabulador"),
        (["train", "rows.csv", "--set", "train.epocs=2"], "Did you mean 'epochs'?", "¿Quisiste decir"),
        (["train", "rows.csv", "--set", "x"], "section.key=value", "sección.clave=valor"),
        (["train", "rows.csv", "--adapt", "lorra"], "--adapt: there is no method", "--adapt: no existe"),
        (["show", "none"], "there is no run none.", "no existe ninguna ejecución none."),
        (["predict", "none", "text"], "there is no run none.", "no existe ninguna ejecución none."),
        (["evaluate", "none", "rows.csv"], "there is no run none.", "no existe ninguna ejecución none."),
    ],
)  # fmt: skip
def test_wrong_input_is_told_in_both_languages(
    arguments: list[str], english: str, spanish: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.yaml").write_text("train:\n\tepochs: 2\n")
    Path("rows.csv").write_text("text,label\na,b\n")
    for language, expected in (("en", english), ("es", spanish)):
        assert main([*arguments, "--lang", language]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert expected in told.err
        assert "Traceback" not in told.err


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_an_output_that_cannot_be_written_is_told(
    tmp_path: Path, small_table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    arguments = ["train", str(small_table), "--model", str(tiny_model), "--out", str(closed / "run")]
    assert main(arguments) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_an_output_below_a_file_is_told(
    small_table: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("")
    arguments = ["train", str(small_table), "--model", str(tiny_model), "--out", "file/run"]
    assert main(arguments) == 1
    assert "Traceback" not in capsys.readouterr().err
