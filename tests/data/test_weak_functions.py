from pathlib import Path

import pytest

from afina.data.example import Where
from afina.data.weak.functions import LABELLING_FUNCTIONS, Rows
from afina.errors import DataError, RecipeError


def votes(settings, texts, cells=None):
    made = LABELLING_FUNCTIONS.make(settings)
    places = [Where("a.csv", number) for number in range(2, 2 + len(texts))]
    return made.vote(Rows(texts, cells or [{} for _ in texts], places))


def test_keywords_are_whole_words_whatever_their_case_accents_and_spaces():
    settings = {"kind": "keywords", "label": "travel", "words": ["camión", "check out", ":)", "c++"]}
    texts = ["El CAMION rojo", "camiones", "Check  OUT\tthis", "checkout", "fine :)", "I know C++, too", "c+"]
    assert votes(settings, texts) == {"": ["travel", None, "travel", None, "travel", "travel", None]}


def test_a_pattern_matches_anywhere():
    settings = {"kind": "regex", "label": "link", "pattern": r"https?://|^see\b"}
    assert votes(settings, ["HTTP://x.y", "do see", "see it"]) == {"": ["link", None, "link"]}
    settings["ignore_case"] = False
    assert votes(settings, ["HTTP://x.y", "See it", "see it"]) == {"": [None, None, "link"]}


def test_a_dictionary_of_labels_gives_that_of_most_words(tmp_path):
    file = tmp_path / "words.csv"
    file.write_text("word,label\nvery good,good\ngood,good\nBAD,bad\nawful,bad\n")
    settings = {"kind": "dictionary", "file": str(file)}
    texts = ["good", "bad but good", "bad, awful, very good", "a chair", "goodness"]
    assert votes(settings, texts) == {"": ["good", None, "bad", None, None]}


def test_a_dictionary_of_scores_sums_them(tmp_path):
    file = tmp_path / "words.tsv"
    file.write_text("word\tscore\ngood\t1.5\nbad\t-2\nfine\t0.5\n")
    ranges = {"positive": [1, None], "negative": [None, -1]}
    settings = {"kind": "dictionary", "file": str(file), "ranges": ranges}
    texts = ["good", "good, good and bad", "bad", "good bad", "fine", "a chair"]
    assert votes(settings, texts) == {"": ["positive", "positive", "negative", None, None, None]}
    file.write_text("word\tscore\ngood\thigh\n\t2\nbad\t\nfine\t1\n")
    with pytest.raises(DataError) as caught:
        votes(settings, ["good"])
    assert [problem.where for problem in caught.value.problems] == [f"{file}:{line}" for line in (2, 3, 4)]


def test_columns_are_annotators():
    settings = {"kind": "column", "columns": ["ann", "ben"]}
    cells = [{"ann": "spam", "ben": ""}, {"ann": 1.0, "ben": None}, {"ben": " ham  it "}]
    assert votes(settings, ["a", "b", "c"], cells) == {
        "ann": ["spam", "1", None],
        "ben": [None, None, "ham it"],
    }


def test_a_list_holds_several_annotators_and_ranges_make_labels_of_ratings():
    ranges = {"bad": [1, 2], "good": [4, 5]}
    settings = {"kind": "column", "columns": ["stars"], "ranges": ranges}
    cells = [{"stars": [1, 5, 3]}, {"stars": "[2, null, 4.0]"}, {"stars": []}]
    assert votes(settings, ["a", "b", "c"], cells) == {
        "stars.1": ["bad", "bad", None],
        "stars.2": ["good", None, None],
        "stars.3": [None, "good", None],
    }
    with pytest.raises(DataError) as caught:
        votes(settings, ["a", "b"], [{"stars": ["many", 1]}, {"stars": {"a": 1}}])
    told = [problem.where for problem in caught.value.problems]
    assert told == ["a.csv:2: stars.1", "a.csv:3: stars"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"kind": "regex", "label": "x", "pattern": "spam|(ham"},
            r"cannot be read from character 6 on, '\(ham'\.",
        ),
        ({"kind": "regex", "label": "x", "pattern": "x(?"}, r"no regular expression: it ends too early\."),
        ({"kind": "regex", "label": "x", "pattern": "(?<=a+)b"}, r"no regular expression \(look-behind"),
        ({"kind": "keywords", "label": "x", "words": []}, "must not be empty"),
        ({"kind": "keywords", "label": "x", "words": ["a", " "]}, "one of the words is empty"),
        ({"kind": "keywords", "label": "", "words": ["a"]}, "must not be empty"),
        ({"kind": "column", "columns": ["a"], "ranges": {"x": [1, 2], "y": [2, 3]}}, "hold the same numbers"),
        (
            {"kind": "column", "columns": ["a"], "ranges": {"x": [None, 2], "y": [None, 1]}},
            "the same numbers",
        ),
        ({"kind": "dictionary", "file": "a", "ranges": {"x": [2, 1]}}, "ends before it begins"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings, told):
    with pytest.raises(RecipeError, match=told):
        LABELLING_FUNCTIONS.make(settings)


WRITTEN = """
from math import sqrt

def long(text):
    return "ham" if _words(text) > 3 else None

def excited(text):
    return True if "!" in text else None

def _words(text):
    return len(text.split())
"""


def test_functions_of_a_file_but_not_what_it_imports_or_hides():
    Path("rules.py").write_text(WRITTEN)
    settings = {"kind": "python", "file": "rules.py"}
    texts = ["one two three four", "no!"]
    assert votes(settings, texts) == {"excited": [None, "true"], "long": ["ham", None]}
    assert votes({**settings, "functions": ["long"]}, texts) == {"long": ["ham", None]}
    assert not Path("__pycache__").exists()
    with pytest.raises(DataError, match=r"rules\.py: there is no function .lang.\. Did you mean 'long'"):
        votes({**settings, "functions": ["lang"]}, texts)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def f(text):\n    return text[99]\n", "f fails on the row a.csv:2: IndexError"),
        ("def f(text):\n    return [text]\n", "f fails on the row a.csv:2: TypeError: this is not a label"),
        ("import json\ndef f(text):\n    json.loads(text)\n", "JSONDecodeError: Expecting value: line 1"),
        ("def f(:\n", "cannot be run: SyntaxError"),
        ("raise SystemExit(3)\n", "cannot be run: SystemExit"),
        ("from math import sqrt\n", "defines no function"),
    ],
)
def test_a_file_that_fails_is_one_clear_error(code, told):
    Path("rules.py").write_text(code)
    with pytest.raises(DataError, match=f"rules.py: .*{told}"):
        votes({"kind": "python", "file": "rules.py"}, ["some text"])


def test_a_missing_file_is_told():
    for kind in ("python", "dictionary"):
        with pytest.raises(DataError, match=r"nowhere\.py: there is no such file"):
            votes({"kind": kind, "file": "nowhere.py"}, ["a"])
