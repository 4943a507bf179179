"""Sentences with tags are read from CoNLL files and from lists, and what is wrong is told with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from afina.data.example import TaggedText, Where
from afina.data.formats import Reading
from afina.data.load import Columns, Data, load
from afina.data.read import read
from afina.data.render import encode_tagged, encode_words
from afina.data.row import Tools
from afina.data.tagged import load_tagged, read_tagged
from afina.errors import DataError

CITIES = ("Bogotá", "Lima", "Quito", "La Paz", "Cuzco", "Cali")


def sentences(count: int = 24) -> list[tuple[list[str], list[str]]]:
    made = []
    for n in range(count):
        city = CITIES[n % 6].split()
        words = [f"number{n}", "lives", "in", *city, "."]
        made.append((words, ["O", "O", "O", *["B-LOC", "I-LOC"][: len(city)], "O"]))
    return made


def conll(folder: Path, text: str | None = None, name: str = "data.conll") -> Path:
    made = "\n".join(
        "".join(f"{word} {tag}\n" for word, tag in zip(words, tags)) for words, tags in sentences()
    )
    path = folder / name
    path.write_text(made if text is None else text, encoding="utf-8")
    return path


def told(error: pytest.ExceptionInfo[DataError]) -> list[tuple[str, str]]:
    return [(problem.what, problem.where) for problem in error.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n",
        "EU\tB-ORG\nrejects\tO\n\n\nPeter\tB-PER\n\n",
        "EU B-ORG\r\nrejects O\r\n\r\nPeter B-PER",
        "# id 1\nEU B-ORG\nrejects O\n\n# id 2\nPeter B-PER\n",
    ],
)
def test_a_conll_file_is_recognised_whatever_its_name(tmp_path: Path, text: str) -> None:
    sheet = read(conll(tmp_path, text, "data.txt"), Reading())
    assert sheet.format == "conll"
    assert [row["words"] for row in sheet.rows] == [["EU", "rejects"], ["Peter"]]
    assert [row["tags"] for row in sheet.rows] == [["B-ORG", "O"], ["B-PER"]]


def test_conll_u(tmp_path: Path) -> None:
    def line(number: str, word: str, tag: str) -> str:
        return "\t".join([number, word, word, tag, *"______"]) + "\n"

    text = f"# text = del\n{line('1-2', 'del', '_')}{line('1', 'de', 'ADP')}{line('2', 'el', 'DET')}"
    text += f"\n# text = # si\n{line('1', '#', 'SYM')}{line('2', 'si', 'SCONJ')}"
    sheet = read(conll(tmp_path, text), Reading())
    assert [row["words"] for row in sheet.rows] == [["de", "el"], ["#", "si"]]
    assert [row["tags"] for row in sheet.rows] == [["ADP", "DET"], ["SYM", "SCONJ"]]
    assert sheet.lines == (2, 7)


@pytest.mark.parametrize(
    "text",
    [
        "text\tlabel\na good phone\tgood\n\nbad\tbad\n",
        "one line of a text\nand another line\n\na poem has empty lines\n",
        "so it is\nso it was\n\nso it goes\n",
        "text,label\ngood,A\nbad,B\n",
    ],
)
def test_other_files_are_not_taken_for_conll(tmp_path: Path, text: str) -> None:
    assert read(conll(tmp_path, text), Reading()).format != "conll"


def test_a_line_without_its_tag_is_told(tmp_path: Path) -> None:
    path = conll(tmp_path, "EU B-ORG\nrejects O\n\nPeter\nsays O\n\nLima B-LOC\n")
    with pytest.raises(DataError) as error:
        read(path, Reading())
    assert told(error) == [("this line does not have 2 columns, as most do, but 1.", f"{path}:4")]
    assert len(read(path, Reading(bad_rows="skip"))) == 2


@pytest.mark.parametrize("text", ["-DOCSTART-\n", "one\n\nword\n"])
def test_a_file_without_tags_is_no_conll(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="a word and its tag are needed on each line"):
        read(conll(tmp_path, text), Reading(format="conll"))


@pytest.mark.parametrize("ending", ["conll", "jsonl", "json", "parquet"])
def test_every_format_gives_the_same(tmp_path: Path, ending: str) -> None:
    rows = [{"tokens": words, "ner_tags": tags} for words, tags in sentences()]
    path = tmp_path / f"data.{ending}"
    if ending == "conll":
        path = conll(tmp_path)
    elif ending == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    elif ending == "json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    data = load_tagged(Data(path=str(path)), 0)
    assert data.labels == ("B-LOC", "I-LOC", "O")
    found = {example.words: example.tags for _name, side in data.splits.items() for example in side}
    assert found == {tuple(words): tuple(tags) for words, tags in sentences()}
    assert "The task is to find spans of 1 kind: LOC." in data.notes


def test_every_row_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    rows = [{"words": words, "tags": tags} for words, tags in sentences()]
    rows += [
        {"words": ["a", "b"], "tags": ["O"]},
        {"words": "a b", "tags": ["O", "O"]},
        {"words": ["a", "b"], "tags": [0, 3]},
        {"words": ["a"], "tags": ["B-LOC x"]},
        {"words": [], "tags": []},
    ]
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(DataError) as error:
        load_tagged(Data(path=str(path)), 0)
    assert told(error) == [
        ("this row has 2 words and 1 tags.", f"{path}:25"),
        ("'words' must be a list of texts (got \"a b\").", f"{path}:26"),
        ("'tags' must be a list of texts (got [0, 3]).", f"{path}:27"),
        ('this is not a tag: "B-LOC x".', f"{path}:28"),
    ]
    data = load_tagged(Data(path=str(path), bad_rows="skip"), 0)
    assert [problem.where for problem in data.dropped] == [f"{path}:{line}" for line in range(25, 30)]


def test_tags_that_begin_without_saying_so_are_counted(tmp_path: Path) -> None:
    path = conll(tmp_path, conll(tmp_path).read_text(encoding="utf-8").replace("B-LOC", "I-LOC"))
    data = load_tagged(Data(path=str(path)), 0)
    assert any(note.startswith("24 tags such as I-X begin a span") for note in data.notes)
    assert data.labels == ("B-LOC", "I-LOC", "O")
    kept = read_tagged(path, Data(), data.columns or Columns(""), data.labels)
    assert [example.tags for example in kept] == [tuple(tags) for _words, tags in sentences()]


def test_tagged_words_are_no_labelled_texts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="add --task tag"):
        load(Data(path=str(conll(tmp_path))), 0)
    path = tmp_path / "labelled.csv"
    path.write_text("text,label\ngood phone,a\nbad case,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column seems to hold a list of words"):
        load_tagged(Data(path=str(path)), 0)


def tools(folder: Path, limit: int = 64) -> Tools:
    from transformers import AutoTokenizer

    return Tools(AutoTokenizer.from_pretrained(folder), ("O", "B-X"), limit)


def test_the_first_piece_of_each_word_carries_its_tag(tiny_model: Path) -> None:
    words = ("the", "phone,", "was\u200b", "\u200b", "great!!")
    (row,) = encode_words([words], tools(tiny_model))
    # [CLS] the phone , was great ! ! [SEP]; a word of no letters stands where the one before it does.
    assert row.places == (1, 2, 4, 4, 5)
    assert len(row.ids) == 9


def test_words_that_are_cut_off_have_no_place_and_an_unknown_tag_counts_nothing(tiny_model: Path) -> None:
    example = TaggedText(
        where=Where("t", 1), words=("the", "phone", "is", "great", "!"), tags=("O", "B-X", "B-Y", "O", "O")
    )
    row = encode_tagged(example, tools(tiny_model, 5))
    assert (row.places, row.target, row.cut) == ((1, 2, 3), (0.0, 1.0, -1.0), 2)


@pytest.mark.parametrize("kind", ["bpe", "metaspace"])
def test_pieces_that_hold_the_space_before_them(kind: str) -> None:
    """As tokenizers of RoBERTa, GPT-2 and Llama make them."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = (
        pre_tokenizers.ByteLevel(add_prefix_space=False) if kind == "bpe" else pre_tokenizers.Metaspace()
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet() if kind == "bpe" else sorted("▁abcdefghijklmnopqrstuvwxyz")
    made.train_from_iterator(["the phone is great"] * 9, trainers.BpeTrainer(initial_alphabet=alphabet))
    fast = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="a")
    words = ("the", "phone", "works", "the", "great")
    (row,) = encode_words([words], Tools(fast, (), 64))
    tokens = fast.convert_ids_to_tokens(list(row.ids))
    firsts = [tokens[place].strip("Ġ▁") for place in row.places]
    assert all(word.startswith(first) and first for word, first in zip(words, firsts, strict=True)), tokens
