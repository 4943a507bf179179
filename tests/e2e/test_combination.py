"""Finished runs are combined into a new one that is measured, kept and used like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

import afina
from afina.cli.group import group
from afina.errors import DataError, ModelError, RecipeError
from afina.recipe.recipe import Recipe
from afina.run import run
from conftest import sentences


def train(model: Path, table: Path, out: Path, **more: object) -> Path:
    values = {
        "data": str(table), "model": str(model), "train": {"epochs": 3, "learning_rate": 2e-3},
        "evaluate": {"resamples": 100, "baselines": ["majority"], "label_errors": 0}, **more,
    }  # fmt: skip
    return run(Recipe.of(values), out=out).run


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {
        **load_file(folder / "model" / "model.safetensors"),
        **load_file(folder / "model" / "head.safetensors"),
    }


@pytest.fixture
def tuned(tiny_model: Path, small_table: Path, tmp_path: Path) -> Path:
    return train(tiny_model, small_table, tmp_path / "tuned")


def test_interpolation_from_the_probe_to_the_tuned_model(
    tuned: Path, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    shifted = tmp_path / "shifted.csv"
    rows = sentences(40, 9)
    shifted.write_text("text,label\n" + "".join(f"{text.replace(',', '')},{label}\n" for text, label in rows))
    probe = train(tiny_model, small_table, tmp_path / "probe", adapt="features")
    result = afina.combine("interpolate", [tuned], also=[shifted], out=tmp_path / "mixed")
    found = result.report["combination"]
    assert [entry["alpha"] for entry in found["tried"]] == [n / 10 for n in range(11)]
    assert found["chosen"]["dev"] == max(entry["dev"] for entry in found["tried"])
    # Its ends are the two models: what the curve says of them is what their own reports say.
    ends = found["tried"][0], found["tried"][-1]
    for folder, end in zip((probe, tuned), ends, strict=True):
        own = json.loads((folder / "report.json").read_text())
        assert end["test"]["value"] == pytest.approx(own["test"]["macro_f1"]["value"])
        elsewhere = afina.evaluate(folder, shifted)["metrics"]["macro_f1"]
        assert end["also"][0]["value"] == pytest.approx(elsewhere["value"])
    # It is a run like any other.
    alpha = found["chosen"]["alpha"]
    expected, base, got = weights(tuned), weights(probe), weights(result.run)
    for name, tensor in expected.items():
        if tensor.is_floating_point():
            between = (1 - alpha) * base[name].double() + alpha * tensor.double()
            torch.testing.assert_close(got[name], between.float())
    assert set(result.report["baselines"]) == {"features", "tuned"}
    assert afina.load(result.run).predict(["the phone is great"])[0]["label"]
    assert afina.evaluate(result.run, shifted)["rows"] == 40
    page = (result.run / "report.html").read_text(encoding="utf-8")
    assert "Which mixture is best" in page
    assert "shifted" in page


def test_a_soup_of_runs_whose_seeds_split_the_data_differently(
    tuned: Path, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    other = train(tiny_model, small_table, tmp_path / "other", seed=1, data={"path": str(small_table)})
    with pytest.raises(DataError, match="rows are left that none of the runs was trained on"):
        afina.combine("soup", [tuned, other], out=tmp_path / "soup")
    assert not (tmp_path / "soup").exists()


def test_a_soup_of_runs_that_share_a_split(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "split"
    folder.mkdir()
    rows = sentences(240)
    for name, part in (("train", rows[:160]), ("dev", rows[160:200]), ("test", rows[200:])):
        (folder / f"{name}.jsonl").write_text(
            "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in part)
        )
    runs = [train(tiny_model, folder, tmp_path / f"run-{seed}", seed=seed) for seed in (0, 1)]
    result = afina.combine("soup", runs, settings={"how": "uniform"}, out=tmp_path / "soup")
    first, second, got = (weights(each) for each in (*runs, result.run))
    name = "head.weight" if "head.weight" in got else "weight"
    torch.testing.assert_close(got[name], (first[name] + second[name]) / 2)
    assert result.report["rows"] == {"train": 160, "dev": 40, "test": 40}
    assert set(result.report["baselines"]) == {"features", "run-0", "run-1"}
    assert "--set 'combine.how=" in result.report["reproduce"][0]


def test_the_command(tuned: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(
        group,
        ["combine", "interpolate", str(tuned), "--set", "combine.alphas=[0,1]", "--out", "mixed", "--json"],
    )
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["run"] == "mixed"
    told = CliRunner().invoke(group, ["show", "mixed"])
    assert "Interpolation" in told.output
    listed = json.loads(CliRunner().invoke(group, ["list", "runs", "--json"]).stdout)
    assert "mixed" in [row["name"] for row in listed]


def test_what_cannot_be_combined_is_told(tuned: Path, small_table: Path, tmp_path: Path) -> None:
    import transformers as hf

    with pytest.raises(RecipeError, match="Did you mean 'soup'"):
        afina.combine("soop", [tuned])
    with pytest.raises(RecipeError, match=r"'soup' needs this number of runs: 2 or more \(got 1\)"):
        afina.combine("soup", [tuned])
    with pytest.raises(RecipeError, match="named twice"):
        afina.combine("soup", [tuned, tuned])
    with pytest.raises(RecipeError, match=r"combine\.alphas"):
        afina.combine("interpolate", [tuned], settings={"alphas": [2]})
    model = json.loads((tuned / "report.json").read_text())["model"]
    wider = tmp_path / "wider"
    small = hf.BertConfig(
        vocab_size=200, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    hf.BertModel(small, add_pooling_layer=False).save_pretrained(wider)
    hf.AutoTokenizer.from_pretrained(model).save_pretrained(wider)
    other = train(wider, small_table, tmp_path / "other")
    with pytest.raises(ModelError, match="these runs have different base models"):
        afina.combine("slerp", [tuned, other])
    # The same name, but other weights in the folder.
    details = json.loads((other / "model" / "afina.json").read_text())
    details["base_model"] = model
    (other / "model" / "afina.json").write_text(json.dumps(details))
    with pytest.raises(ModelError, match=r"'trunk\.embeddings\.word_embeddings\.weight' is 200 × 16 here"):
        afina.combine("slerp", [tuned, other], out=tmp_path / "never")


def test_data_that_have_changed_since_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    rows = [f"{text.replace(',', '')},{label}" for text, label in sentences(240)]
    table.write_text("\n".join(["text,label", *rows]) + "\n")
    tuned = train(tiny_model, table, tmp_path / "run")
    table.write_text("\n".join(["text,label", *rows[5:]]) + "\n")
    with pytest.raises(DataError, match="have changed since it was trained"):
        afina.combine("interpolate", [tuned])
