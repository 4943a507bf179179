"""A whole run on a tiny model: what it leaves, and that every door leads to the same numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import afina
from afina.recipe.recipe import Recipe
from afina.run import run
from afina.ship import artifact, pooled_model
from afina.train.log import Event
from conftest import sentences

METRICS = {"macro_f1", "accuracy", "calibration_error", "log_loss"}


@pytest.fixture(scope="module")
def finished(tiny_model: Path, small_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    recipe = Recipe.of(
        {
            "data": str(small_table), "model": str(tiny_model), "evaluate": {"resamples": 200},
            "train": {"epochs": 12, "batch": 16, "learning_rate": 3e-3},
        }
    )  # fmt: skip
    events: list[Event] = []
    run(recipe, out=folder, listen=events.append)
    stages = [event.data["name"] for event in events if event.kind == "stage"]
    assert stages == ["data", "model", "audit", "baselines", "train", "evaluate", "artifact"]
    return folder


@pytest.fixture(scope="module")
def report(finished: Path) -> dict:
    return json.loads((finished / "report.json").read_text(encoding="utf-8"))


def test_what_a_run_leaves(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == {
        "recipe.json", "events.jsonl", "report.json", "report.html", "model",
    }  # fmt: skip
    assert {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "head.safetensors",
        "afina.json",
        "README.md",
    } <= {path.name for path in (finished / "model").iterdir()}


def test_the_report_keeps_the_contract(report: dict) -> None:
    for key in (
        "task", "model", "adapt", "objective", "primary_metric", "test", "dev", "baselines", "comparisons",
        "verdict", "seconds", "peak_memory_bytes", "tokens_per_second", "parameters", "rows", "audit", "seed",
        "versions",
    ):  # fmt: skip
        assert key in report, key
    assert set(report["test"]) == set(report["dev"]) == METRICS
    for interval in (*report["test"].values(), *report["dev"].values()):
        assert interval["low"] <= interval["value"] <= interval["high"]
    assert set(report["baselines"]) == {"majority", "tfidf", "features", "nearest"} | (
        {"lexicon"} if "lexicon" in report["baselines"] else set()
    )
    for baseline in report["baselines"].values():
        assert set(baseline) >= METRICS
        assert baseline["seconds"] >= 0
    for pair in report["comparisons"]:
        assert {"a", "b", "metric", "difference", "low", "high", "p"} <= set(pair)
        assert 0 < pair["p"] <= 1
    assert {"choice", "reason"} <= set(report["verdict"])
    assert report["verdict"]["choice"] in {*report["baselines"], "full"}
    assert {"total", "trainable"} == set(report["parameters"])
    assert sum(report["rows"].values()) == 240


def test_what_was_learnt_is_real(report: dict) -> None:
    assert report["test"]["macro_f1"]["low"] > report["baselines"]["majority"]["macro_f1"]["high"]


def test_the_model_reloads_and_every_door_gives_the_same_answers(
    finished: Path, small_table: Path, report: dict
) -> None:
    texts = ["this phone is great", "awful battery , it broke", "the screen is average"]
    answers = afina.load(finished).predict(texts)
    assert [answer["label"] for answer in answers] == ["positive", "negative", "neutral"]
    assert answers == afina.predict(finished, texts) == afina.load(finished / "model").predict(texts)
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
    measured = afina.evaluate(finished, small_table)
    assert measured["rows"] == 240
    assert measured["metrics"]["accuracy"]["value"] >= report["test"]["accuracy"]["low"]


def test_the_trunk_loads_in_plain_transformers(finished: Path) -> None:
    """As the card shows it: trunk, mean over the tokens, head."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    folder = finished / "model"
    tokenizer, trunk = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    head = load_file(folder / "head.safetensors")
    text = "this phone is really great"
    inputs = tokenizer(text, return_tensors="pt")
    with torch.no_grad():
        hidden = trunk(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]
        ).last_hidden_state
    # The tiny model has no description of its pooling, so the first token is taken.
    scores = hidden[:, 0] @ head["weight"].T + head["bias"]
    expected = list(afina.load(finished).predict([text])[0]["probabilities"].values())
    assert scores.softmax(-1)[0].tolist() == pytest.approx(expected, abs=1e-5)


def test_predicting_streams_in_order(finished: Path) -> None:
    predictor = artifact.load(finished)
    texts = [f"this phone {'is great ' * (n % 7)}" for n in range(3 * pooled_model.CHUNK // 2)]
    taken = 0

    def source():
        nonlocal taken
        for text in texts:
            taken += 1
            yield text

    stream = predictor.stream(source())
    first = next(stream)
    assert taken == pooled_model.CHUNK
    rest = list(stream)
    assert len(rest) == len(texts) - 1
    assert first["probability"] == pytest.approx(predictor.predict(texts[:1])[0]["probability"], abs=1e-6)


def test_resuming_a_finished_run_returns_it(finished: Path, report: dict) -> None:
    again = run(Recipe.of(report["recipe"]), out=finished, resume=True)
    assert again.report == report


def test_a_run_can_be_made_again_from_its_recipe(finished: Path, report: dict, tmp_path: Path) -> None:
    recipe = Recipe.of(json.loads((finished / "recipe.json").read_text(encoding="utf-8")))
    again = run(recipe, out=tmp_path / "again").report
    for key in ("test", "dev", "curves", "fingerprints", "confusion", "label_errors"):
        assert again[key] == report[key], key
    assert (tmp_path / "again" / "model" / "head.safetensors").read_bytes() == (
        finished / "model" / "head.safetensors"
    ).read_bytes()


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft reads it
@pytest.mark.parametrize(
    "adapt",
    [
        "features", "top_blocks", "gradual", "bias", "norms", "ia3", "bottleneck", "prompt", "prefix",
        "peft_any", {"kind": "features", "head": "trained"}, {"kind": "lora", "blocks": 1},
        {"kind": "bottleneck", "blocks": 1},
    ],
    ids=str,
)  # fmt: skip
def test_every_method_runs_to_its_report(
    adapt: object, tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    recipe = Recipe.of(
        {
            "data": str(small_table), "model": str(tiny_model), "adapt": adapt, "train": {"epochs": 2},
            "evaluate": {"resamples": 100},
        }
    )  # fmt: skip
    report = run(recipe, out=tmp_path / "run").report
    kind = adapt if isinstance(adapt, str) else adapt["kind"]
    assert report["adapt"] == kind
    assert kind not in report["baselines"]
    assert report["parameters"]["trainable"] < report["parameters"]["total"]
    # The gate at the end loaded it once; what it says now is what the report says.
    again = afina.evaluate(tmp_path / "run", small_table)
    assert again["rows"] == 240


def test_several_labels_a_row(tiny_model: Path, tmp_path: Path) -> None:
    things = ("phone", "camera", "battery")
    lines = []
    for text, _label in sentences(200, 3):
        labels = [thing for thing in things if thing in text.split()]
        lines.append(json.dumps({"text": text, "labels": labels}))
    data = tmp_path / "tags.jsonl"
    data.write_text("\n".join(lines), encoding="utf-8")
    recipe = Recipe.of(
        {
            "data": str(data), "model": str(tiny_model), "evaluate": {"resamples": 100},
            "train": {"epochs": 30, "batch": 16, "learning_rate": 3e-3, "patience": 99},
        }
    )  # fmt: skip
    report = run(recipe, out=tmp_path / "run").report
    assert report["multi_label"] is True
    assert report["objective"] == "binary_cross_entropy"
    assert set(report["test"]) == {"macro_f1", "micro_f1", "exact_match"}
    assert report["test"]["micro_f1"]["value"] > 0.6
    answer = afina.load(tmp_path / "run").predict(["the camera and the battery broke"])[0]
    assert set(answer["labels"]) <= set(things)


@pytest.mark.parametrize("label_errors", [0, 20])
def test_a_frozen_trunk_is_paid_for_whoever_asked_first(
    label_errors: int, tiny_model: Path, small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from afina.train.prefix_cache import PrefixCache

    plain = PrefixCache._write

    def slow(self: PrefixCache, work: object, *arguments: object) -> object:
        run_rows = work.run  # type: ignore[attr-defined]

        def late(rows: object) -> object:
            time.sleep(0.9)
            return run_rows(rows)

        object.__setattr__(work, "run", late)
        return plain(self, work, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(PrefixCache, "_write", slow)
    values = {
        "data": str(small_table), "model": str(tiny_model), "adapt": "features",
        "evaluate": {"resamples": 100, "baselines": [], "label_errors": label_errors},
    }  # fmt: skip
    for name in ("run", "again"):  # the second one finds it on the disk
        report = run(Recipe.of(values), out=tmp_path / name).report
        assert report["trained"]["seconds"] >= 0.9


def test_suspected_label_errors_are_judged_by_the_model_as_it_came(tiny_model: Path, tmp_path: Path) -> None:
    """Whichever alternatives are compared: a trunk that was trained on the labels could not judge them."""
    plain = {"positive": "great good perfect", "negative": "bad awful poor", "neutral": "okay average fine"}
    rows = [(f"{text} {plain[label]}", label) for text, label in sentences(400)]
    wrong = {text for text, _label in rows[::20]}
    lines = [f"{text},{'neutral' if text in wrong and label != 'neutral' else label}" for text, label in rows]
    table = tmp_path / "reviews.csv"
    table.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    told = []
    for baselines in (None, ["majority"]):
        values = {
            "data": str(table), "model": str(tiny_model), "train": {"epochs": 1, "learning_rate": 3e-3},
            "evaluate": {"resamples": 100, "baselines": baselines},
        }  # fmt: skip
        told.append(run(Recipe.of(values), out=tmp_path / str(baselines)).report["label_errors"])
    assert told[0]
    assert told[1] == told[0]
    assert {each["text"] for each in told[0][:5]} <= wrong


def test_the_run_speaks_spanish_when_its_recipe_does(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    recipe = Recipe.of(
        {
            "data": str(small_table), "model": str(tiny_model), "language": "es", "train": {"epochs": 1},
            "evaluate": {"resamples": 100},
        }
    )  # fmt: skip
    run(recipe, out=tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert 'lang="es"' in page
    assert re.search(r"\d,\d{3}", page)


def test_cleaning_is_reported_row_by_row_and_done_again_when_predicting(
    tiny_model: Path, tmp_path: Path
) -> None:
    rows = sentences(120, 5)
    dirty = f"  <b>{rows[0][0]}</b>&nbsp; ", rows[0][1]
    data = tmp_path / "dirty.csv"
    data.write_text(
        "\n".join(["text,label", *(",".join(row) for row in [dirty, *rows[1:]])]), encoding="utf-8"
    )
    values = {
        "data": str(data),
        "model": str(tiny_model),
        "adapt": "features",
        "evaluate": {"resamples": 100},
    }
    report = run(Recipe.of(values), out=tmp_path / "run").report
    assert report["cleaned"] == 1
    change = json.loads((tmp_path / "run" / "cleaned.jsonl").read_text(encoding="utf-8"))
    assert change["where"] == f"{data}:2"
    assert change["after"] == rows[0][0]
    assert set(change["steps"]) == {"html", "whitespace"}
    model = afina.load(tmp_path / "run")
    assert model.predict([dirty[0]]) == model.predict([rows[0][0]])


def test_checking_and_looking_train_nothing(tiny_model: Path, small_table: Path) -> None:
    values = {"data": str(small_table), "model": str(tiny_model)}
    checked = afina.check(values)
    assert checked["rows"] == {"train": 168, "dev": 24, "test": 48}
    plan = checked["plan"]
    assert plan["steps"] == 33
    assert plan["seconds"] > 0
    memory = plan["memory"]
    assert memory["low"] <= memory["expected"] <= memory["high"]
    # Embeddings of tokens that stand in no row have no moments.
    assert 0.5 * 8 * plan["parameters"]["total"] < memory["moments"] <= 8 * plan["parameters"]["total"]
    rows = afina.look(values)
    assert rows[0]["tokens"][0] == "[CLS]"
    assert rows[0]["tokens"][-1] == "[SEP]"
    assert not Path("runs").exists()


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft reads it
def test_an_adapter_stands_beside_the_merged_model(
    tiny_model: Path, small_table: Path, tmp_path: Path
) -> None:
    """Its users need nothing of Afina: plain peft gives the vectors of the merged trunk."""
    import torch
    from peft import PeftModel
    from transformers import BertModel

    recipe = Recipe.of(
        {
            "data": str(small_table), "model": str(tiny_model), "adapt": {"kind": "lora", "rank": 2},
            "train": {"epochs": 2}, "evaluate": {"resamples": 100, "baselines": []},
        }
    )  # fmt: skip
    found = run(recipe, out=tmp_path / "run").report["parameters"]
    # Rank 2 beside six layers in each of three blocks: four of 32 x 32, 32 to 64 and back; and the head.
    assert found["trainable"] == 3 * 2 * (4 * 64 + 2 * 96) + 32 * 3 + 3
    model = tmp_path / "run" / "model"
    merged = artifact.load(tmp_path / "run").network.trunk
    base = BertModel.from_pretrained(tiny_model, add_pooling_layer=False)
    plain = PeftModel.from_pretrained(base, str(model / "adapter")).eval()
    ids = torch.tensor([[2, 7, 8, 9, 3]])
    with torch.no_grad():
        expected, got = merged(ids).last_hidden_state, plain(ids).last_hidden_state
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
        assert not torch.allclose(expected, BertModel.from_pretrained(tiny_model)(ids)[0], atol=1e-4)
