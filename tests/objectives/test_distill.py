"""Learning from a teacher: the loss of the paper, and a whole run after another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from afina.data.row import Batch, Tools
from afina.errors import ModelError, RecipeError
from afina.objectives.distill import Distill
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.run import predict, run

torch.manual_seed(0)
SCORES = torch.randn(5, 3, dtype=torch.float64)
TEACHER = torch.randn(5, 3, dtype=torch.float64)
CLASSES = torch.tensor([0, 2, 1, 1, 0])
TOOLS = Tools(None, ("a", "b", "c"), 8)


def loss(objective: Distill) -> torch.Tensor:
    targets = torch.cat([torch.nn.functional.one_hot(CLASSES, 3).double(), TEACHER.softmax(-1)], -1)
    weights = torch.arange(1.0, 6.0, dtype=torch.float64)
    return objective.loss(lambda: SCORES, Batch({}, targets, weights), TOOLS)["rows"]


@pytest.mark.parametrize(("temperature", "share"), [(1.0, 1.0), (3.0, 0.25)])
def test_the_loss_is_that_of_the_paper(temperature: float, share: float) -> None:
    found = loss(Distill(temperature=temperature, share=share))
    said = log_softmax(SCORES / temperature, -1)
    soft = kl_div(said, log_softmax(TEACHER / temperature, -1), reduction="none", log_target=True).sum(-1)
    plain = cross_entropy(SCORES, CLASSES, reduction="none")
    each = share * temperature**2 * soft + (1 - share) * plain
    torch.testing.assert_close(found, (each * torch.arange(1.0, 6.0)).sum())


def test_nothing_is_left_to_learn_from_a_teacher_that_says_the_same() -> None:
    targets = torch.cat([torch.zeros(5, 3).double(), SCORES.softmax(-1)], -1)
    batch = Batch({}, targets, torch.ones(5, dtype=torch.float64))
    found = Distill(temperature=4.0, share=1.0).loss(lambda: SCORES, batch, TOOLS)["rows"]
    torch.testing.assert_close(found, torch.zeros((), dtype=torch.float64))


@pytest.fixture(scope="module")
def settings(tiny_model: Path, small_table: Path) -> dict[str, Any]:
    train = {"epochs": 12, "batch": 16, "learning_rate": 3e-3}
    return {
        "data": str(small_table),
        "model": str(tiny_model),
        "train": train,
        "evaluate": {"resamples": 100},
    }


@pytest.fixture(scope="module")
def teacher(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(Recipe.of(settings), out=tmp_path_factory.mktemp("runs") / "teacher").run


def test_a_run_learns_from_another_one(settings: dict[str, Any], teacher: Path, tmp_path: Path) -> None:
    wanted = {"kind": "distill", "teacher": str(teacher), "share": 1.0}
    student = {**settings, "objective": wanted, "seed": 1}
    prepared = Prepared(Recipe.of(student))
    row, example = prepared.rows["train"].rows[0], prepared.dataset.splits.train[0]
    labels = len(prepared.tools.labels)
    assert len(row.target) == 2 * labels
    assert sum(row.target[labels:]) == pytest.approx(1.0)
    assert row.target[:labels].index(1.0) == prepared.tools.labels.index(example.label)
    assert "teacher" in prepared.seconds
    result = run(Recipe.of(student), out=tmp_path / "student")
    assert result.report["objective"] == "distill"
    texts = [each.text for each in prepared.dataset.splits.test]
    theirs, own = ([a["label"] for a in predict(folder, texts)] for folder in (teacher, result.run))
    assert len(set(theirs)) > 1
    assert sum(map(str.__eq__, own, theirs)) >= 0.9 * len(theirs)
    # Another teacher is another training, whatever its folder is called.
    before = prepared.identity()
    prepared.tools.taught.popitem()
    assert prepared.identity() != before


def test_what_does_not_go_with_a_teacher_is_told(
    settings: dict[str, Any], teacher: Path, tmp_path: Path
) -> None:
    def problem(**changed: Any) -> str:
        with pytest.raises((RecipeError, ModelError)) as found:
            _ = Prepared(Recipe.of({**settings, **changed})).rows
        return str(found.value)

    wanted = {"kind": "distill", "teacher": str(teacher)}
    assert "there is no teacher" in problem(objective="distill")
    assert "there is no model here" in problem(objective={**wanted, "teacher": str(tmp_path)})
    assert "learns from labels alone" in problem(objective=wanted, adapt="features")
    assert "either all a teacher or none" in problem(objective=wanted, before=[{"adapt": "full"}])
    table = tmp_path / "other.csv"
    rows = "".join(f"a text of number {n} here,{'xy'[n % 2]}\n" for n in range(40))
    table.write_text("text,label\n" + rows, encoding="utf-8")
    assert "the teacher knows other labels (" in problem(objective=wanted, data=str(table))
