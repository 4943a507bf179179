"""Raw texts of a domain first, then the task: for encoders and for language models."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM

import afina
import talkers
from afina.cli import main
from afina.errors import RecipeError
from afina.evaluate.page import render
from afina.models.load import Model, load
from afina.recipe.recipe import Recipe
from afina.run import run
from afina.ship.filler import MaskFiller

LINES = (
    "the camera is great and the screen is perfect",
    "the battery is bad and the sound is awful",
    "i would never buy this phone again",
    "the price was nice but it arrived late",
)
QUICK = {"resamples": 100, "label_errors": 0}
OWN = {"kind": "fill_mask", "general": False}
TRAIN = {"epochs": 4, "learning_rate": 3e-3}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, draw = tmp_path_factory.mktemp("domain") / "reviews.txt", random.Random(0)
    # Different enough not to be near-duplicates of each other.
    words = " ".join(LINES).split()
    lines = [f"{draw.choice(LINES)} . {' '.join(draw.sample(words, 8))} ." for _line in range(160)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_an_encoder_learns_a_domain_and_is_a_start_for_other_trainings(
    tiny_model: Path, texts: Path, small_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"train.epochs": 6, "train.learning_rate": 3e-3, "task.general": False}
    made = afina.train(
        texts, task="fill_mask", model=str(tiny_model), adapt="full", settings=settings, out=tmp_path / "run"
    )
    report = made.report
    assert report["objective"] == "masked_lm"
    assert (
        report["test"]["perplexity"]["value"] < 0.8 * report["baselines"]["untrained"]["perplexity"]["value"]
    )
    assert report["test"]["perplexity"]["high"] < report["baselines"]["untrained"]["perplexity"]["low"]
    assert (made.run / "report.html").read_text(encoding="utf-8") == render(report)
    assert "pipeline_tag: fill-mask" in (made.run / "model" / "README.md").read_text(encoding="utf-8")
    model = afina.load(made.run)
    assert isinstance(model, MaskFiller)
    (told,) = model.predict(["the camera is [MASK] and the screen is perfect"])
    assert told["word"] in told["words"]
    assert sum(told["words"].values()) <= 1.0
    assert main(["predict", str(made.run), "the camera is [MASK]"]) == 0
    assert "the camera is [MASK]" in capsys.readouterr().out
    assert main(["predict", str(made.run), "the camera is great"]) == 1
    assert "this text has no gap" in capsys.readouterr().err
    # Others load it as it is, and so does Afina, for a task of its own.
    whole = AutoModelForMaskedLM.from_pretrained(made.run / "model")
    torch.testing.assert_close(
        whole.bert.encoder.layer[0].output.dense.weight,
        model.network.trunk.encoder.layer[0].output.dense.weight,
    )
    again = afina.train(
        small_table, model=str(made.run / "model"), adapt="features", out=tmp_path / "labels",
        settings={"evaluate.resamples": 100, "evaluate.baselines": ("majority",)},
    )  # fmt: skip
    assert again.report["task"] == "classify"


def test_raw_texts_then_labels_in_one_run(
    tiny_model: Path, texts: Path, small_table: Path, tmp_path: Path
) -> None:
    before = [{"data": str(texts), "task": OWN, "adapt": "full", "train": TRAIN}]
    recipe = Recipe.of(
        {
            "data": str(small_table), "model": str(tiny_model), "evaluate": QUICK, "before": before,
            "adapt": "features",
        }
    )  # fmt: skip
    report = run(recipe, out=tmp_path / "run").report
    assert report["adapt"] == "full+features"
    (phase,) = report["before"]
    assert (phase["objective"], phase["task"], phase["data"]) == ("masked_lm", "fill_mask", str(texts))
    assert phase["perplexity"]["after"]["value"] < 0.9 * phase["perplexity"]["before"]["value"]
    assert phase["perplexity"]["p"] < 0.05
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "What came before" in page
    assert "Perplexity of its test rows" in page
    # The features that the head was fitted on are those of the trunk that has read the domain.
    came, model = load(Model(name=str(tiny_model))), afina.load(tmp_path / "run")
    own = dict(model.network.trunk.named_parameters())
    assert not any(
        torch.equal(p, own[name])
        for name, p in came.trunk.named_parameters()
        if name.endswith("dense.weight")
    )
    # What the cheaper alternatives see is the model as it came.
    alone = run(
        Recipe.of({"data": str(small_table), "model": str(tiny_model), "evaluate": QUICK, "adapt": "full"}),
        out=tmp_path / "alone",
    ).report
    found, expected = (one["baselines"]["features"]["macro_f1"] for one in (report, alone))
    assert found == expected


def test_raw_texts_then_questions_in_one_run(texts: Path, tmp_path: Path) -> None:
    talker = talkers.write(tmp_path / "talker")
    talks = tmp_path / "talks.jsonl"
    lines = [{"prompt": f"Say {n}", "completion": f"{n}!"} for n in range(60)]
    talks.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    task = {"kind": "generate", "general": False, "answered": 2, "answers": {"max_tokens": 4}}
    recipe = Recipe.of(
        {
            "data": str(talks), "task": task, "model": str(talker), "adapt": "full", "train": TRAIN,
            "evaluate": {"resamples": 100},
            "before": [{"data": str(texts), "adapt": "lora", "train": TRAIN}],
        }
    )  # fmt: skip
    report = run(recipe, out=tmp_path / "run").report
    (phase,) = report["before"]
    assert (phase["adapt"], phase["objective"], phase["task"]) == ("lora", "next_token", "generate")
    assert phase["perplexity"]["after"]["value"] < phase["perplexity"]["before"]["value"]
    assert report["baselines"].keys() == {"untrained", "few_shot", "retrieval"}


def test_what_does_not_fit_together_is_told(tiny_model: Path, texts: Path, small_table: Path) -> None:
    def problem(phase: dict[str, Any], **more: Any) -> str:
        values = {"data": str(small_table), "model": str(tiny_model), "before": [phase], **more}
        with pytest.raises(RecipeError) as caught:
            run(Recipe.of(values))
        return str(caught.value)

    assert "before.0.task: a task of its own needs data of its own" in problem({"task": "fill_mask"})
    told = problem({"data": str(texts)})
    assert "before.0.task: a training with data of its own learns from texts without labels" in told
    assert "Set before.0.task to fill_mask" in told
    assert "before.0.adapt: 'features' trains a new head" in problem(
        {"data": str(texts), "task": "fill_mask", "adapt": "features"}
    )
    assert "no model both fills gaps and goes on with texts" in problem(
        {"data": str(texts), "task": "fill_mask"}, task="generate"
    )
