"""The model card: front matter that Hugging Face reads, honest limits, and a snippet that really runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from afina.language import speaking
from afina.ship import card

Report = dict[str, Any]


@pytest.fixture
def report() -> Report:
    sample = Path(__file__).parents[1] / "evaluate" / "sample_report.json"
    return json.loads(sample.read_text(encoding="utf-8"))


def front(text: str) -> dict[str, Any]:
    """The front matter as YAML 1.1 reads it, which is what Hugging Face does."""
    return yaml.safe_load(text.split("---\n")[1])


def test_front_matter_is_read_by_hugging_face(report: Report) -> None:
    data = ModelCard(card.render(report, base_model="minilm", licence="Apache-2.0")).data
    assert (data.language, data.license, data.base_model) == (["en"], "apache-2.0", "minilm")
    assert (data.pipeline_tag, data.library_name) == ("text-classification", "afina")
    assert data.metrics == ["accuracy", "f1"]
    assert {(one.metric_type, one.metric_value) for one in data.eval_results} == {
        ("accuracy", report["test"]["accuracy"]["value"]),
        ("f1", report["test"]["macro_f1"]["value"]),
    }


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ("MIT", {"license": "mit"}),
        ("Gemma terms: see ai/terms", {"license": "other", "license_name": "Gemma terms: see ai/terms"}),
        ("", {"license": "unknown"}),
    ],
)
def test_licences(report: Report, licence: str, told: dict[str, str]) -> None:
    found = front(card.render(report, base_model="minilm", licence=licence))
    assert {key: value for key, value in found.items() if key.startswith("license")} == told


@pytest.mark.parametrize(
    ("base_model", "told"),
    [
        ("minilm", "minilm"),
        ("owner/name-1.5", "owner/name-1.5"),
        ("/home/me/model", None),
        ("pypi:x==1.0/y", None),
    ],
)
def test_only_a_name_of_the_hub_is_given_as_base_model(
    report: Report, base_model: str, told: str | None
) -> None:
    text = card.render(report, base_model=base_model, licence="")
    assert front(text).get("base_model") == told
    assert f"It is `{base_model}`" in text


@pytest.mark.parametrize("language", ["no", "und", None])
def test_language_of_the_data(report: Report, language: str | None) -> None:
    report["data_language"] = language
    found = front(card.render(report, base_model="minilm", licence="MIT"))
    assert found.get("language") == (["no"] if language == "no" else None)


def test_candidates_stand_side_by_side_with_intervals(report: Report) -> None:
    text = card.render(report, base_model="minilm", licence="MIT").replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "| TF-IDF + logistic regression | 0.605 (0.568 to 0.639) | 0.639 (0.605 to 0.671) | 2.8 s | 1.9 MB |"
        in text
    )
    assert "| **Full fine-tuning** (this model) ← the choice | 0.734 (0.698 to 0.769) |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 5
    assert {line.count("|") for line in rows} == {6}


def test_limits_are_told(report: Report) -> None:
    report["per_class"][1] = {"label": "neutral", "precision": 0.4, "recall": 0.5, "f1": 0.44, "support": 12}
    limits = card.render(report, base_model="minilm", licence="MIT").split("## Limits")[1].split("## ")[0]
    assert "tested on 742 rows" in limits
    assert "lies between 0.698 and 0.769" in limits
    assert "One class is weakly recognised (F1 below 0.6): `neutral` (0.44, 12 rows)." in limits
    assert "One class has fewer than 30 test rows" in limits
    assert "At least 4 labels of the training data look wrong" in limits
    assert "6 texts stand in the data with two different labels." in limits
    assert "longer than the 256 tokens" not in limits  # only a note


def test_limits_that_do_not_exist_are_not_told(report: Report) -> None:
    for key in ("label_errors", "audit", "calibration", "detectable_difference", "per_class"):
        del report[key]
    limits = card.render(report, base_model="minilm", licence="MIT").split("## Limits")[1].split("## ")[0]
    assert [line[:16] for line in limits.strip().splitlines()] == ["- It was tested "]


def test_labels_and_texts_cannot_become_markup(report: Report) -> None:
    nasty = "`x` | <script>\n# [a](b)"
    report["labels"][0] = nasty
    report["name"] = "a: b\x7f\n---\nx: 😀 \u2028"
    report["audit"][0]["message"] = "**bold** <b>"
    text = card.render(report, base_model="minilm", licence="MIT")
    assert front(text)["model-index"][0]["name"] == report["name"]
    body = text.split("---\n", 2)[2]
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", body)
    assert "<script>" not in outside
    assert "\n# [a]" not in body
    assert r"\*\*bold\*\* \<b\>" in body


def test_spanish_card(report: Report) -> None:
    with speaking("es"):
        text = card.render(report, base_model="minilm", licence="MIT")
    assert "0,734 (0,698 " in text
    assert front(text)["model-index"][0]["results"][0]["metrics"][1]["value"] == 0.7339


def test_without_a_known_pooling_there_is_no_snippet_that_might_be_wrong(report: Report) -> None:
    del report["pooling"]
    assert "AutoModel" not in card.render(report, base_model="minilm", licence="MIT")


def test_the_snippet_gives_the_probabilities_of_the_network(
    report: Report, tiny_model: Path, tmp_path: Path
) -> None:
    """What the card says about plain transformers, run word for word in another process."""
    import shutil

    import torch
    from safetensors.torch import save_file
    from transformers import AutoModel, AutoTokenizer

    from afina.models.network import PooledNetwork

    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    trunk, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(1)
    inputs = tokenizer(["A text."], return_tensors="pt")
    expected, snippets = [], []
    for pooling in ("mean", "cls", "last"):
        for many in (False, True):
            network = PooledNetwork(trunk, pooling, 32, 3, 0.0).eval()
            torch.nn.init.normal_(network.head.weight)
            torch.nn.init.normal_(network.head.bias)
            name = f"{pooling}-{many}.safetensors"
            save_file({key: each.detach() for key, each in network.head.state_dict().items()}, folder / name)
            with torch.inference_mode():
                scores = network(**inputs)
                expected.append((scores.sigmoid() if many else scores.softmax(-1))[0].tolist())
            text = card.render(
                {**report, "pooling": pooling, "multi_label": many}, base_model="m", licence=""
            )
            code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[1]
            snippets.append(code.replace("head.safetensors", name))
    settings = {"labels": report["labels"], "max_length": 64}
    (folder / "afina.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "all.py").write_text("\n".join(snippets), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "all.py"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    told = [json.loads(line.replace("'", '"')) for line in lines]
    assert len(told) == 6
    for values, wanted in zip(told, expected, strict=True):
        assert list(values) == report["labels"]
        assert list(values.values()) == pytest.approx(wanted, abs=1e-5)
