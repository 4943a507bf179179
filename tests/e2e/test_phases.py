"""Several trainings in one run, each from where the one before ended."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import afina
from afina.errors import Interrupted, RecipeError
from afina.recipe.load import recipe_from
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.run import check, run
from afina.train.log import Event

RECIPES = Path(__file__).parents[2] / "recipes"
QUICK = {"resamples": 100, "baselines": ["majority", "features"], "label_errors": 0}


def values(model: Path, table: Path, **more: object) -> dict[str, object]:
    return {"data": str(table), "model": str(model), "evaluate": QUICK, **more}


LP_FT = {
    "before": [{"adapt": "features"}],
    "adapt": {"kind": "full", "head_factor": 1.0},
    "train": {"epochs": 1, "learning_rate": 1e-3},
}
FEW_SHOT = {
    "before": [
        {
            "adapt": "full",
            # The texts of a random network lie so close together that their cosine hardly moves.
            "objective": {"kind": "contrastive", "form": "multiple_negatives"},
            "train": {"epochs": 6, "learning_rate": 2e-3},
        }
    ],
    "adapt": {"kind": "features", "c": [1.0]},
}


def weights(folder: Path) -> dict[str, torch.Tensor]:
    model = folder / "model"
    return load_file(model / "model.safetensors") | load_file(model / "head.safetensors")


def test_full_fine_tuning_starts_from_the_probe(tiny_model: Path, small_table: Path, tmp_path: Path) -> None:
    recipe = Recipe.of(values(tiny_model, small_table, **LP_FT))
    probe = run(Recipe.of(values(tiny_model, small_table, adapt="features")), out=tmp_path / "probe")
    trainings = Prepared(recipe).trainings()
    first = next(trainings)
    from afina.train.closed_form import solve

    solve(first.job)
    second = next(trainings)
    head = load_file(probe.run / "model" / "head.safetensors")
    assert torch.equal(second.job.adapted.network.head.weight, head["weight"])
    assert all(p.requires_grad for p in second.job.adapted.network.parameters())

    report = run(recipe, out=tmp_path / "run").report
    assert report["adapt"] == "features+full"
    assert [phase["adapt"] for phase in report["before"]] == ["features"]
    assert {"majority", "features"} <= report["baselines"].keys()
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Frozen features + linear head, then Full fine-tuning" in page
    assert afina.load(tmp_path / "run").predict(["the phone is great"])[0]["label"]


def test_contrastive_learning_moves_the_trunk_and_then_a_head_is_fitted(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    report = run(Recipe.of(values(tiny_model, small_table, **FEW_SHOT)), out=tmp_path / "run").report
    phase = report["before"][0]
    assert phase["objective"] == "contrastive"
    losses = [entry["dev_loss"] for entry in phase["curves"]]
    assert losses[-1] < 0.9 * losses[0]
    assert phase["curves"][-1]["dev_metric"] is None
    assert phase["seconds"] > 0
    # The head is fitted on what the trunk says now: better than on what it said before.
    macro_f1 = report["test"]["macro_f1"]["value"]
    assert macro_f1 > report["baselines"]["features"]["macro_f1"]["value"]
    assert report["baselines"]["features"]["seconds"] > 0


@pytest.mark.parametrize("at", [2, 20, 50])
def test_stopped_in_any_phase_and_resumed_gives_the_same_bits(
    at: int, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    """20 is in the first training or at its end, 50 in the second one."""
    settings = values(
        tiny_model, small_table,
        before=[{"adapt": "full", "objective": "contrastive", "train": {"epochs": 2, "batch": 8}}],
        train={"epochs": 2, "batch": 8, "save_every": 5},
    )  # fmt: skip
    whole = run(Recipe.of(settings), out=tmp_path / "whole")
    seen = 0

    def listen(event: Event) -> None:
        nonlocal seen
        seen += event.kind == "progress"
        if seen == at and event.kind == "progress":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        run(Recipe.of(settings), out=tmp_path / "cut", listen=listen)
    shutil.rmtree(tmp_path / "afina-cache")  # what was kept is not needed
    again = run(Recipe.of(settings), out=tmp_path / "cut", resume=True)
    expected, got = weights(whole.run), weights(again.run)
    assert [name for name in expected if not torch.equal(expected[name], got[name])] == []
    assert again.report["test"] == whole.report["test"]
    assert again.report["curves"] == whole.report["curves"]


def test_checking_plans_every_training(tiny_model: Path, small_table: Path) -> None:
    found = check(Recipe.of(values(tiny_model, small_table, **FEW_SHOT)))
    assert found["adapt"] == "full+features"
    assert [plan["epochs"] for plan in found["before"]] == [6]
    assert found["plan"]["seconds"] == 0


@pytest.mark.parametrize("name", ["lp-ft", "few-shot"])
def test_the_ready_recipes_of_several_trainings_run(
    name: str, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    from afina.recipe.load import overrides

    given = overrides([f"data.path={small_table}", f"model.name={tiny_model}", "evaluate.resamples=100"])
    recipe = recipe_from(RECIPES / f"{name}.yaml", given)
    report = run(recipe, out=tmp_path / "run").report
    assert report["adapt"] == recipe.way
    # The stored recipe is read back as the same one.
    stored = tmp_path / "run" / "recipe.json"
    assert recipe_from(stored).before == recipe.before
    assert json.loads(stored.read_text())["before"]


def test_what_does_not_fit_together_is_told_with_its_place(tmp_path: Path, small_table: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(
        f"data: {small_table}\n"
        "before:\n"
        "  - adapt: features\n"
        "    objective: contrastive\n"
        "  - adapt: full\n"
        "    trian: {epochs: 2}\n"
    )
    with pytest.raises(RecipeError) as caught:
        recipe_from(file)
    assert "trian" in str(caught.value)
    assert "recipe.yaml:6" in str(caught.value)
    file.write_text(file.read_text().replace("trian", "train") + "objective: contrastive\n")
    with pytest.raises(RecipeError) as caught:
        recipe_from(file)
    told = str(caught.value)
    assert "with 'features' only a head learns, and 'contrastive' trains no head" in told
    assert "recipe.yaml:7" in told
    assert "cannot be the last training" in told
