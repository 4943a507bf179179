"""``afina clean``: labels that may be wrong, one by one, in a real terminal."""

from __future__ import annotations

import csv
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from afina.cli import main
from afina.errors import RecipeError, StoreError
from afina.recipe.recipe import Recipe
from afina.review import Review
from conftest import sentences

WRONG = 20


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """400 rows, and the texts of those with a wrong label."""
    plain = {"positive": "great good perfect", "negative": "bad awful poor", "neutral": "okay average fine"}
    rows = [(f"{text} {plain[label]}", label) for text, label in sentences(400)]
    others = {"negative": "positive", "positive": "negative", "neutral": "negative"}
    wrong = {text for text, _label in rows[:: len(rows) // WRONG]}
    rows = [(text, others[label] if text in wrong else label) for text, label in rows]
    path = tmp_path_factory.mktemp("doubtful") / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path, wrong


@pytest.fixture
def source(table: tuple[Path, set[str]], tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_bytes(table[0].read_bytes())
    return path


def review(source: Path, model: Path) -> Review:
    return Review(Recipe.of({"data": str(source), "model": str(model)}))


def read(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["text"]: row["label"] for row in csv.DictReader(file)}


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._main, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "afina", *arguments], stdin=other, stdout=other, stderr=other,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}, start_new_session=True,
            # Whoever runs the tests may ignore Ctrl-C.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        os.close(other)
        self.shown = ""

    def until(self, text: str) -> str:
        """Reads until ``text`` is shown, and returns what was shown up to it."""
        end = time.monotonic() + 120
        while text not in self.shown and time.monotonic() < end:
            if select.select([self._main], [], [], 1)[0]:
                try:
                    self.shown += os.read(self._main, 65_536).decode()
                except OSError:
                    break
        before, found, self.shown = self.shown.partition(text)
        assert found, before
        return before

    def type(self, line: str) -> None:
        os.write(self._main, f"{line}\n".encode())

    def end(self) -> int:
        code = self.process.wait(60)
        os.close(self._main)
        return code


def test_a_person_goes_through_them_is_interrupted_and_goes_on(source: Path, tiny_model: Path) -> None:
    texts = [each.text for each in review(source, tiny_model).suspects]
    assert len(texts) >= 5
    before = source.read_bytes()
    command = ("clean", str(source), "--model", str(tiny_model))
    first = Terminal(*command)
    first.until(f"{len(texts)} labels to decide on.")
    assert texts[0] in first.until("0 quit")
    first.type("2")
    first.until("0 quit")
    first.type("9")  # no such key
    first.until("0 quit")
    first.type("1")
    first.until("0 quit")
    os.kill(first.process.pid, signal.SIGINT)
    assert first.end() == 130
    decided = [json.loads(line) for line in lines(source.parent / "reviews.csv.decisions.jsonl")]
    assert [(each["text"], each["what"]) for each in decided] == [(texts[0], "label"), (texts[1], "keep")]
    second = Terminal(*command)
    second.until(f"{len(texts) - 2} labels to decide on.")
    assert texts[2] in second.until("0 quit")
    second.type("4")
    second.until("0 quit")
    second.type("6")  # undo
    assert texts[2] in second.until("0 quit")
    second.type("3")
    second.until("neutral")
    second.type("nonsense")
    second.until("there is no label")
    second.until("0 quit")
    second.type("3")
    second.until("neutral")
    second.type("neutral")
    assert texts[3] in second.until("0 quit")
    second.type("4")
    for _ in texts[4:]:
        second.until("0 quit")
        second.type("5")
    second.until("Written to")
    assert second.end() == 0
    made, given = read(source.parent / "reviews-cleaned.csv"), read(source)
    assert source.read_bytes() == before
    assert made[texts[0]] != given[texts[0]]
    assert made[texts[1]] == given[texts[1]]
    assert made[texts[2]] == "neutral"
    assert texts[3] not in made
    assert {text: label for text, label in made.items() if text not in texts} == {
        text: label for text, label in given.items() if text not in texts
    }
    log = [json.loads(line) for line in lines(source.parent / "reviews-cleaned.csv.changes.jsonl")]
    assert {each["what"] for each in log} == {"label", "removed"}


def test_most_suspects_are_wrong(table: tuple[Path, set[str]], tiny_model: Path) -> None:
    path, wrong = table
    suspects = review(path, tiny_model).suspects
    assert sum(each.text in wrong for each in suspects) >= 0.6 * len(suspects)


def test_neighbours_are_training_rows_and_not_the_row_itself(source: Path, tiny_model: Path) -> None:
    made = review(source, tiny_model)
    first = made.suspects[0]
    near = made.neighbours(first, 3)
    assert len(near) == 3
    assert first.text not in {each["text"] for each in near}
    assert [each["similarity"] for each in near] == sorted((e["similarity"] for e in near), reverse=True)


def test_decisions_of_texts_that_changed_do_not_hold(source: Path, tiny_model: Path) -> None:
    made = review(source, tiny_model)
    first = made.suspects[0]
    made.decide(first, "remove")
    assert first not in review(source, tiny_model).open()
    source.write_text(source.read_text().replace(first.text, first.text + " really"))
    again = review(source, tiny_model)
    assert again.write(source.parent / "out.csv")["changes"] == {}


def test_a_damaged_line_is_named_and_a_last_one_that_was_cut_is_not(source: Path, tiny_model: Path) -> None:
    made = review(source, tiny_model)
    made.decide(made.suspects[0], "keep")
    path = made.decisions.path
    whole = path.read_text()
    path.write_text(whole + '{"where": "rev')
    cut = review(source, tiny_model)
    assert len(cut.decisions.made) == 1
    path.write_text('{"where": 3}\n' + whole)
    with pytest.raises(StoreError, match=r"decisions.jsonl:1: this is no decision"):
        review(source, tiny_model)


def test_for_programs(source: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["clean", str(source), "--model", str(tiny_model), "--json"]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["decided"] == 0
    assert {"where", "text", "label", "suggested", "margin"} == set(told["suspects"][0])
    assert main([*arguments, "--write", "-o", "out.csv"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == {}
    assert Path("out.csv").read_bytes() == source.read_bytes().replace(b"\r\n", b"\n")


def test_rows_of_several_labels_are_refused(tmp_path: Path, tiny_model: Path) -> None:
    source = tmp_path / "many.csv"
    cells = ["price|size", "size", "price"] * 20
    source.write_text(
        "text,label\n" + "".join(f"Text {n} about it.,{cell}\n" for n, cell in enumerate(cells))
    )
    with pytest.raises(RecipeError, match="every row has one label"):
        review(source, tiny_model)


def test_the_mistyped_name_of_a_file_is_told_as_one(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", str(source.with_name("revews.csv"))]) == 1
    assert "no such file. Did you mean 'reviews.csv'?" in capsys.readouterr().err
    assert main(["clean", "no-such-run"]) == 1
    assert "no run no-such-run" in capsys.readouterr().err
