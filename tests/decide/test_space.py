"""What can be searched, and what is refused before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from afina.decide.space import Choice, Range, default_space, searched, space_of
from afina.errors import RecipeError
from afina.recipe.recipe import Recipe


def recipe(**more: Any) -> Recipe:
    return Recipe.of({"data": "reviews.csv", "adapt": "lora", **more})


def test_ranges_and_values() -> None:
    given = searched(
        ["train.learning_rate=1e-5..1e-3", "train.epochs=1..4", "train.warmup=0..0.5", "adapt.rank=4,8,16"]
    )
    space = space_of(recipe(), given)
    assert space.dimensions == (
        Range("train.learning_rate", 1e-5, 1e-3, whole=False, log=True),
        Range("train.epochs", 1, 4, whole=True, log=False),
        Range("train.warmup", 0, 0.5, whole=False, log=False),
        Choice("adapt.rank", (4, 8, 16)),
    )
    made = space.of({"train.learning_rate": 1e-4, "train.epochs": 2, "train.warmup": 0.2, "adapt.rank": 16})
    assert (made.train.learning_rate, made.train.epochs, made.adapt.plain()["rank"]) == (1e-4, 2, 16)
    assert space_of(recipe(), {"train.epochs": (1, 4)}).dimensions == space.dimensions[1:2]


def test_a_range_of_numbers_is_not_one_of_whole_numbers() -> None:
    assert space_of(recipe(), {"train.weight_decay": "0..1"}).dimensions[0].plain()["whole"] is False


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ("train.epocs=1..4", "--over train.epocs: no such setting.*Did you mean 'epochs'"),
        ("train.epochs=0..4", "--over train.epochs: must be at least 1"),
        ("train.epochs=1.5..4", "--over train.epochs: a whole number is needed"),
        ("train.warmup=0..1", "--over train.warmup: must be less than 1"),
        ("train.epochs=4..1", "from a smaller number to a greater one"),
        ("train.epochs=3", "a search needs a range or several values"),
        ("adapt=lora,lorra", "there is no method \"lorra\".*Did you mean 'lora'"),
        ("data.split.dev=0.1,0.2", "could not be compared"),
        ("seed=0..9", "could not be compared"),
    ],
)
def test_what_cannot_be_searched_is_told(over: str, told: str) -> None:
    with pytest.raises(RecipeError, match=f"(?s){told}"):
        space_of(recipe(), searched([over]), "--over")


def test_problems_are_told_together() -> None:
    with pytest.raises(RecipeError) as caught:
        space_of(recipe(), {"train.epochs": "0..4", "train.bach": "8,16", "seed": "1,2"})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("text", ["train.epochs", "=1..2", " =1,2"])
def test_what_is_searched_has_a_name_and_values(text: str) -> None:
    with pytest.raises(RecipeError, match=r"section\.key=1\.\.8"):
        searched([text])


def test_kinds_can_be_searched_with_what_all_of_them_have() -> None:
    space = space_of(recipe(), {"adapt": "lora,full,top_blocks", "train.epochs": "1,2"})
    assert space.of({"adapt.kind": "full", "train.epochs": 2}).adapt.kind == "full"
    assert space.default == {"adapt.kind": "lora", "train.epochs": recipe().adapt.epochs}
    with pytest.raises(RecipeError, match="no such setting"):
        space_of(recipe(), {"adapt": "lora,full", "adapt.rank": "4,8"})


def test_small_spaces_can_be_tried_whole() -> None:
    space = space_of(recipe(), {"adapt.rank": "4,8", "train.epochs": "1..3"})
    assert len(space.all(6) or ()) == 6
    assert space.all(5) is None
    assert space_of(recipe(), {"train.learning_rate": "1e-5..1e-3"}).all(1000) is None


def test_without_a_wish_rate_and_epochs_are_searched_around_what_suits_the_method() -> None:
    rate, epochs = default_space(recipe(train={"epochs": 3})).dimensions
    usual = recipe().adapt.learning_rate
    assert rate.ends == (pytest.approx(usual / 4, rel=1e-2), pytest.approx(usual * 4, rel=1e-2))
    assert epochs.ends == (1, 6)
    with pytest.raises(RecipeError, match="found in one go"):
        default_space(recipe(adapt="features"))


def test_numbers_that_are_drawn_are_easy_to_read() -> None:
    drawn = Range("train.learning_rate", 1.2345e-5, 1e-3, whole=False, log=True)
    assert drawn.rounded(6.82407e-05) == 6.82e-05
    assert drawn.rounded(1.2346e-5) == 1.2345e-5, "below the range"


def test_the_folder_of_data_is_not_read(tmp_path: Path) -> None:
    assert space_of(recipe(data=str(tmp_path / "none.csv")), {"train.epochs": "1,2"}).dimensions
