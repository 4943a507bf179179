"""Documents and prose: paragraphs stay whole, and every passage knows its line."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from afina.data.load import Data
from afina.data.passages import LETTERS, paragraphs, passages
from afina.data.talks import load_talks, load_texts
from afina.errors import DataError


def prose(count: int, seed: int = 0) -> str:
    """Paragraphs of two lines, with commas, no two of them alike."""
    draw = random.Random(seed)

    def words() -> str:
        return ", ".join("".join(draw.choices("abcdefghij", k=7)) for _word in range(45))

    return "\n\n".join(f"{words()}.\nSecond line, of {words()}." for _paragraph in range(count))


def test_paragraphs_end_at_empty_lines_and_at_numbers_that_are_left_out() -> None:
    lines = [(1, "a"), (2, "b "), (3, " "), (4, "c"), (7, "d")]
    assert list(paragraphs(lines)) == [(1, "a\nb"), (4, "c"), (7, "d")]


def test_passages_hold_whole_paragraphs_and_all_of_them() -> None:
    parts = [(number, f"{number}" * 700) for number in range(1, 8)]
    made = passages(parts)
    assert [first for first, _text in made] == [1, 4, 7]
    assert "\n\n".join(text for _first, text in made) == "\n\n".join(text for _n, text in parts)
    assert all(len(text) >= LETTERS for _first, text in made[:-1])


def test_a_folder_of_documents_is_read_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "law"
    (folder / "more").mkdir(parents=True)
    for number in range(12):
        place = folder / ("more" if number % 2 else ".") / f"doc{number}.{'md' if number % 3 else 'txt'}"
        place.write_text(prose(6, number), encoding="utf-8")
    (folder / "notes.pdf").write_bytes(b"%PDF")
    data = load_texts(Data(path=str(folder)), seed=0)
    every = [example for _side, split in data.splits.items() for example in split]
    assert len(every) == 24
    assert any("12 documents, cut into 24 passages" in note for note in data.notes)
    for example in every:
        lines = Path(example.where.file).read_text().splitlines()
        assert example.text.startswith(lines[example.where.line - 1])
    # There are enough documents for each to stay on one side of the split.
    sides = [{example.where.file for example in split} for _side, split in data.splits.items()]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]


def test_prose_in_one_file_is_cut_at_empty_lines_and_its_commas_are_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "law.md"
    path.write_text(prose(36), encoding="utf-8")
    data = load_texts(Data(path=str(path)), seed=0)
    assert sum(len(split) for _side, split in data.splits.items()) == 12
    assert data.splits.train[0].text.count("Second line") == 3


def test_lines_without_empty_ones_between_are_a_text_each(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text(prose(40).replace("\n\n", "\n").replace(",", ""), encoding="utf-8")
    data = load_talks(Data(path=str(path)), 0)
    assert sum(len(split) for _side, split in data.splits.items()) == 80


def test_conversations_are_no_plain_texts(tmp_path: Path) -> None:
    path = tmp_path / "talks.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n' * 20, encoding="utf-8")
    with pytest.raises(DataError, match=r"no texts or conversations.*prompt, completion"):
        load_texts(Data(path=str(path)), seed=0)
