from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afina.errors import RecipeError
from afina.recipe.read import parse, read


def recipe(tmp_path: Path, text: str | bytes, name: str = "recipe.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("sí", "sí"),
        ("Null", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("FALSE", False),
        ("1e-4", 1e-4),
        ("1E+3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-12", -12),
        ("010", 10),
        ("0o10", 8),
        ("0xff", 255),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("1.2.3", "1.2.3"),
        ("-.inf", float("-inf")),
        ("[a, 1, {b: 2}]", ["a", 1, {"b": 2}]),
        ("9" * 5000, float("inf")),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    found = parse(text, "--set x")
    assert found == value
    assert type(found) is type(value)


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0xFFF, exclude_categories=["Cc"]), max_size=20)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
    | TEXTS
)


@given(
    st.recursive(
        PLAIN,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_json_values_are_read_the_same(value: object) -> None:
    assert parse(json.dumps(value, ensure_ascii=False), "--set x") == value


def test_settings_remember_their_line(tmp_path: Path) -> None:
    path = recipe(tmp_path, "# a comment\nseed: 3\ntrain:\n  epochs: 2\n\n  batch: 8\n")
    found = read(path)
    assert found.values == {"seed": 3, "train": {"epochs": 2, "batch": 8}}
    assert found.places == {
        "seed": f"{path}:2",
        "train": f"{path}:3",
        "train.epochs": f"{path}:4",
        "train.batch": f"{path}:6",
    }


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    assert read(recipe(tmp_path, "# nothing yet\n")).values == {}


def test_json_is_read_too(tmp_path: Path) -> None:
    found = read(recipe(tmp_path, '\ufeff{"train": {"epochs": 2}, "name": "caf\\u00e9"}', "recipe.json"))
    assert found.values == {"train": {"epochs": 2}, "name": "café"}


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", ":3:1", "'a' is given twice"),
        ("train:\n\tepochs: 1\n", ":2:1", "there is a tab"),
        ("a: [1, 2\nb: 3\n", ":2:2", "cannot be read as YAML"),
        ("a: &x [1, 2]\nb: 1\n", ":1:4", "no anchors"),
        ("a: 1\nb: *a\n", ":2:4", "no anchors"),
        ("a: !!python/object:os.system {}\n", ":1:4", "no tags"),
        ("a: !!str 1\n", ":1:4", "no tags"),
        ("? [a, b]\n: 1\n", ":1:3", "plain text"),
        ("- a\n- b\n", ":1", "list of settings"),
        ("just words\n", ":1", "list of settings"),
        ("a: 1\n---\nb: 2\n", "", "one document"),
        ("a: \x00\n", "", "control character"),
        ("a: " + "[" * 3000, "", "nested too deeply"),
        (b"a: caf\xe9\nb: 1\n", ":1", "UTF-8"),
        (b"a: 1\n" * 250_000, "", "too large"),
    ],
    ids=range(15),
)
def test_what_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, text: str | bytes, where: str, what: str
) -> None:
    path = recipe(tmp_path, text)
    with pytest.raises(RecipeError) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert what in problem.what
    assert problem.where.startswith(f"{path}{where}")


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('{"a": 1,\n "b" 2}', ":2:6", "not valid JSON"),
        ('{"a": 1, "a": 2}', "", "'a' is given twice"),
        ('{"a": NaN}', "", "NaN"),
        ("[1]", ":1", "list of settings"),
        ("[" * 100_000, "", "nested too deeply"),
    ],
)
def test_json_that_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, text: str, where: str, what: str
) -> None:
    path = recipe(tmp_path, text, "recipe.json")
    with pytest.raises(RecipeError) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert what in problem.what
    assert problem.where.startswith(f"{path}{where}")


def test_a_small_file_cannot_become_a_huge_one(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(RecipeError, match="no anchors"):
        read(recipe(tmp_path, "\n".join(lines)))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such file"):
        read(tmp_path / "none.yaml")
