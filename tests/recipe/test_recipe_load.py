from __future__ import annotations

import json
from pathlib import Path

import pytest

from afina.adapt.full import Full
from afina.adapt.top_blocks import TopBlocks
from afina.errors import RecipeError
from afina.recipe.load import Override, compose, overrides, recipe_from
from afina.recipe.recipe import Recipe

DATA = {"data": {"path": "reviews.csv"}}


def problems(error: RecipeError) -> list[tuple[str, str]]:
    return [(problem.where, problem.what) for problem in error.problems]


def test_data_alone_make_a_recipe() -> None:
    recipe = recipe_from("reviews.csv")
    assert recipe.data.path == "reviews.csv"
    assert recipe.task.kind == "classify"
    assert isinstance(recipe.adapt, Full)
    assert recipe.objective is None


def test_a_bare_word_stands_for_the_main_setting() -> None:
    short = compose({"data": "a.csv", "model": "minilm", "adapt": "top_blocks", "objective": "cross_entropy"})
    long = compose(
        {
            "data": {"path": "a.csv"},
            "model": {"name": "minilm"},
            "adapt": {"kind": "top_blocks"},
            "objective": {"kind": "cross_entropy"},
        }
    )
    assert short == long == Recipe.of(short.plain())


def test_a_recipe_survives_its_own_file(tmp_path: Path) -> None:
    recipe = compose({**DATA, "adapt": {"kind": "top_blocks", "blocks": 3}, "train": {"epochs": 2}})
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(recipe.plain()))
    assert recipe_from(path) == recipe


def test_a_stored_recipe_with_a_test_file_is_still_valid(tmp_path: Path) -> None:
    recipe = compose({"data": {"path": "a.csv", "test": "b.csv"}})
    assert compose(recipe.plain()) == recipe


def test_later_settings_win() -> None:
    recipe = compose(
        {**DATA, "train": {"epochs": 2, "batch": 8}, "adapt": {"kind": "top_blocks", "blocks": 3}},
        [Override("seed", 1, "--seed"), *overrides(["train.epochs=5", "seed=7", "train.learning_rate=1e-4"])],
    )
    assert (recipe.train.epochs, recipe.train.batch, recipe.seed) == (5, 8, 7)
    assert recipe.train.learning_rate == 1e-4
    assert isinstance(recipe.adapt, TopBlocks)
    assert recipe.adapt.blocks == 3


def test_a_new_kind_starts_from_its_own_defaults() -> None:
    values = {**DATA, "adapt": {"kind": "top_blocks", "blocks": 3}}
    assert compose(values, [Override("adapt", "full", "--adapt")]).adapt == Full()
    kept = compose(values, [Override("adapt", "top_blocks", "--adapt")]).adapt
    assert isinstance(kept, TopBlocks)
    assert kept.blocks == 3
    changed = compose(DATA, overrides(["adapt=top_blocks", "adapt.blocks=1"])).adapt
    assert isinstance(changed, TopBlocks)
    assert changed.blocks == 1


def test_the_model_keeps_its_other_settings() -> None:
    recipe = compose(
        {**DATA, "model": {"name": "a", "dropout": 0.3}}, [Override("model", "minilm", "--model")]
    )
    assert (recipe.model.name, recipe.model.dropout) == ("minilm", 0.3)


def test_the_file_is_not_changed_by_overrides() -> None:
    values = {"data": {"path": "a.csv"}, "train": {"epochs": 2}}
    compose(values, overrides(["train.epochs=5"]))
    assert values == {"data": {"path": "a.csv"}, "train": {"epochs": 2}}


def test_all_problems_are_told_at_once_where_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("data: reviews.csv\nadapt: top_block\ntrain:\n  epocs: 3\n  batch: 0\nevalute: {}\n")
    with pytest.raises(RecipeError) as caught:
        recipe_from(
            path, [Override("seed", "x", "--seed"), *overrides(["train.warmup=sí", "model.nme=minilm"])]
        )
    assert sorted(problems(caught.value)) == sorted(
        [
            (f"{path}:2: adapt", 'there is no method "top_block".'),
            (f"{path}:4: train.epocs", "no such setting (got 3)."),
            (f"{path}:5: train.batch", "must be at least 1 (got 0)."),
            (f"{path}:6: evalute", "no such setting (got {})."),
            ("--seed", 'a whole number is needed (got "x").'),
            ("--set train.warmup", 'a number is needed (got "sí").'),
            ("--set model.nme", 'no such setting (got "minilm").'),
        ]
    )
    fixes = {problem.where: problem.fix for problem in caught.value.problems}
    assert fixes[f"{path}:4: train.epocs"] == "Did you mean 'epochs'?"
    assert fixes[f"{path}:6: evalute"] == "Did you mean 'evaluate'?"
    assert fixes["--set model.nme"] == "Did you mean 'name'?"


@pytest.mark.parametrize("text", ["epochs", "", "train..epochs=1", ".=1", "=1"])
def test_a_setting_without_a_name_or_value_is_told(text: str) -> None:
    with pytest.raises(RecipeError):
        compose(DATA, overrides([text]))


def test_a_setting_is_not_a_group() -> None:
    with pytest.raises(RecipeError, match=r"--set seed\.x: 'seed' is a single setting"):
        compose({**DATA, "seed": 3}, overrides(["seed.x=1"]))


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, "data.path"),
        ({"data": {"path": "a", "test": "b", "split": {"test": 0.3}}}, "data.split.test"),
        ({"data": {"path": "a", "dev": "b", "split": {"dev": 0.3}}}, "data.split.dev"),
        ({"data": {"path": "a", "multi_label": True}, "objective": "cross_entropy"}, "objective"),
        ({"data": {"path": "a", "multi_label": False}, "objective": "binary_cross_entropy"}, "objective"),
        (
            {**DATA, "objective": {"kind": "binary_cross_entropy", "label_smoothing": 0.1}},
            "objective.label_smoothing",
        ),
        ({**DATA, "evaluate": {"baselines": ["majority", "tf-idf"]}}, "evaluate.baselines"),
        ({**DATA, "evaluate": {"baselines": ["tfidf", {"kind": "tfidf"}]}}, "evaluate.baselines"),
        ({**DATA, "evaluate": {"baselines": [{"c": [1.0]}]}}, "evaluate.baselines"),
        ({**DATA, "evaluate": {"baselines": [{"kind": "tfidf", "c": []}]}}, "evaluate.baselines.0.c"),
        (
            {**DATA, "evaluate": {"baselines": ["majority", {"kind": "zero_shot", "modl": "a"}]}},
            "evaluate.baselines.1.modl",
        ),
        ({**DATA, "task": "generate", "evaluate": {"baselines": ["documents"]}}, "evaluate.baselines.0.path"),
        ({**DATA, "train": {"learning_rate": float("nan")}}, "train.learning_rate"),
        ({**DATA, "language": "fr"}, "language"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(values: dict[str, object], where: str) -> None:
    with pytest.raises(RecipeError) as caught:
        compose(values)
    assert [problem.where for problem in caught.value.problems] == [where]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "data: {path: r.csv}", True),
        ("a.YML", "data: {path: r.csv}", True),
        ("a.json", '{"data": {"path": "r.csv"}, "train": {"epochs": 1}}', True),
        ("a.json", '{"train": [{"text": "a", "label": "b"}]}', False),
        ("a.json", '{"data": [{"text": "a", "label": "b"}]}', False),
        ("a.json", '[{"text": "a", "label": "b"}]', False),
        ("a.json", '{"text": "a"}', False),
        ("a.json", "{broken", False),
        ("a.csv", "data: {path: r.csv}", False),
    ],
)
def test_recipes_are_told_from_data(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert recipe_from(path).data.path == ("r.csv" if expected else str(path))


def test_a_recipe_that_is_missing_is_not_taken_for_data() -> None:
    with pytest.raises(RecipeError, match="no such file"):
        recipe_from("none.yaml")


RULES = """
functions:
  link: {kind: regex, label: spam, pattern: "https?:"}
  praise: {kind: keywords, label: ham, words: [love, great]}
"""


def test_labelling_functions_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    recipe = compose({"data": {"path": "a.csv", "weak": str(path)}})
    assert list(recipe.data.weak.functions) == ["link", "praise"]
    given = [Override("data.weak", str(path)), *overrides(["data.weak.label_model=majority"])]
    changed = recipe_from("a.csv", given)
    assert changed.data.weak.functions == recipe.data.weak.functions
    assert changed.data.weak.label_model == "majority"
    assert compose(recipe.plain()) == recipe, "the recipe that is kept holds the functions themselves"


def test_problems_of_labelling_functions_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace("pattern", "patern").replace("keywords", "keyword"))
    with pytest.raises(RecipeError) as caught:
        compose({"data": {"path": "a.csv", "weak": str(path)}})
    assert [where for where, _what in problems(caught.value)] == [
        f"{path}:3: data.weak.functions.link.pattern",
        f"{path}:3: data.weak.functions.link.patern",
        f"{path}:4: data.weak.functions.praise",
    ]
    with pytest.raises(RecipeError, match="there is no such file"):
        compose({"data": {"path": "a.csv", "weak": "nowhere.yaml"}})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "rules.yaml: this file holds no labelling functions. Labelling functions stand"),
        ("label_model: majority\n", "rules.yaml: this file holds no labelling functions."),
        ("functions: {}\n", "rules.yaml: this file holds no labelling functions."),
        (
            "- {kind: regex}\n",
            "rules.yaml:1: this file does not hold settings with their names. Labelling fun",
        ),
        ("function: {a: {kind: python}}\n", "Did you mean 'functions'?"),
    ],
)
def test_a_file_without_labelling_functions_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        recipe_from("a.csv", [Override("data.weak", str(path))])
    assert told in str(caught.value)
    assert "recipe" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"audit": {"settings": {"profanity": {"file": "word.txt"}}}}, "audit.settings.profanity.file"),
        (
            {"evaluate": {"baselines": [{"kind": "lexicon", "words": "word.txt"}]}},
            "evaluate.baselines.0.words",
        ),
        (
            {"data": {"path": "a", "weak": {"functions": {"f": {"kind": "python", "file": "word.txt"}}}}},
            "data.weak.functions.f.file",
        ),
        (
            {"data": {"path": "a", "weak": {"functions": {"f": {"kind": "dictionary", "file": "word.txt"}}}}},
            "data.weak.functions.f.file",
        ),
        (
            {"task": "generate", "evaluate": {"baselines": [{"kind": "documents", "path": "word.txt"}]}},
            "evaluate.baselines.0.path",
        ),
    ],
)
def test_files_that_settings_name_are_looked_for_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("bad\n")
    with pytest.raises(RecipeError) as caught:
        compose({**DATA, **values})
    assert str(caught.value) == f"{where}: there is no file \"word.txt\". Did you mean 'words.txt'?"
    (tmp_path / "word.txt").write_text("bad\n")
    compose({**DATA, **values})


def test_the_file_of_a_check_that_is_not_made_may_be_missing() -> None:
    profanity = {"profanity": {"file": "nowhere.txt"}}
    compose({**DATA, "audit": {"checks": ["leakage"], "settings": profanity}})


LINK = {"functions": {"link": {"kind": "regex", "label": "spam", "pattern": "https?:"}}}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"data": {"path": "a.csv", "weak": LINK}, "task": "regress"},
            "data.weak.functions: labelling functions are for the task 'classify'",
        ),
        (
            {"data": {"path": "a.csv", "weak": LINK, "multi_label": True}},
            "data.multi_label: labelling functions give a row one label",
        ),
        (
            {**DATA, "before": [{"task": "fill_mask", "data": {"path": "b", "weak": LINK}}]},
            "before.0.data.weak.functions: labelling functions are for the task 'classify'",
        ),
    ],
)
def test_where_labelling_functions_have_no_place(values: dict, told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        compose(values)
    assert any(str(problem).startswith(told) for problem in caught.value.problems)
