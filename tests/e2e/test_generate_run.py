"""From conversations to a model that answers, as a person would do it."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

import afina
from afina.cli import main
from afina.errors import DataError, ModelError, RecipeError
from afina.evaluate.page import render
from afina.ship.answerer import Answerer

COLOURS = ("red", "blue", "green", "pink")


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(0)
    path = tmp_path_factory.mktemp("talks") / "talks.jsonl"
    rows = [(draw.choice(COLOURS), number) for number in range(100)]
    lines = [{"prompt": f"Say {colour} {number}", "completion": f"{colour}!"} for colour, number in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


SETTINGS = {
    "train.epochs": 10, "train.learning_rate": 5e-3, "task.answers.max_tokens": 8, "task.general": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def result(talker: Path, talks: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("runs") / "run"
    return afina.train(talks, task="generate", model=str(talker), adapt="full", settings=SETTINGS, out=out)


def test_the_report_says_what_training_was_worth(result: Any) -> None:
    report = result.report
    assert report["primary_metric"] == "perplexity"
    assert report["baselines"].keys() == {"untrained", "few_shot", "retrieval"}
    assert report["test"]["perplexity"]["value"] < report["baselines"]["untrained"]["perplexity"]["value"] / 5
    assert report["verdict"]["choice"] == "full"
    pair = next(p for p in report["comparisons"] if p["split"] == "test" and p["a"] == "full")
    assert (pair["b"], pair["metric"], pair["mcnemar_p"]) == ("untrained", "perplexity", None)
    assert pair["high"] < 0
    assert pair["p"] < 0.05
    assert report["detectable_difference"] is None
    assert len(report["answers"]) == 10
    assert report["answered"] == 20
    assert report["test"]["exact_answer"]["value"] == 1.0
    assert report["baselines"]["untrained"]["exact_answer"]["value"] == 0.0
    assert {"few_shot", "retrieval"} == report["answers"][0]["prompted"].keys()
    assert {p["metric"] for p in report["comparisons"]} == {"perplexity", "chrf", "rouge_l", "exact_answer"}
    assert all(entry["dev_metric"] is None for entry in report["curves"])
    page = (result.run / "report.html").read_text(encoding="utf-8")
    assert "Before and after" in page
    assert report["answers"][0]["asked"] in page
    assert page == render(report)
    card = (result.run / "model" / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: text-generation" in card
    assert "AutoModelForCausalLM" in card


def test_the_perplexity_is_that_of_transformers_on_the_saved_folder(result: Any, talks: Path) -> None:
    """Row by row with transformers alone: the template, the ids, the losses."""
    folder = result.run / "model"
    network = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [json.loads(line) for line in talks.read_text().splitlines()]
    places = {entry["where"].rpartition(":")[2]: entry for entry in result.report["answers"]}
    # The test rows are not named in the report beyond the examples: these are asked for their losses.
    model = afina.load(result.run)
    assert isinstance(model, Answerer)
    for line, entry in places.items():
        row = rows[int(line) - 1]
        assert row["prompt"] == entry["asked"]
        talk = [{"role": "user", "content": row["prompt"]}]
        asked = tokenizer.apply_chat_template(talk, tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(asked, add_special_tokens=False)["input_ids"]
        answer = tokenizer(row["completion"] + "<|im_end|>", add_special_tokens=False)["input_ids"]
        ids = torch.tensor([prompt + answer])
        with torch.no_grad():
            mean = network(ids, labels=torch.tensor([[-100] * len(prompt) + answer])).loss
        from afina.data.chat import encode_conversation
        from afina.data.conversation import Conversation, Message
        from afina.data.example import Where

        turns = (Message("user", row["prompt"]), Message("assistant", row["completion"]))
        encoded = encode_conversation(
            Conversation(where=Where("", 1), messages=turns), model.tools, "answers"
        )
        (found,) = model.losses([encoded])
        assert found[1] == len(answer)
        assert found[0] / found[1] == pytest.approx(float(mean), rel=1e-4)


def test_it_answers_from_the_command_line_and_from_python(
    result: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = afina.load(result.run)
    (told,) = model.predict(["Say red 5"])
    assert told == {"answer": "red!"}
    assert main(["predict", str(result.run), "Say red 5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"text": "Say red 5", "answer": "red!"}]
    asked = tmp_path / "asked.csv"
    asked.write_text("id,question\n1,Say red 5\n2,Say pink 7\n")
    assert main(["predict", str(result.run), "--file", str(asked), "-o", str(tmp_path / "a.csv")]) == 0
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        "id,question,answer",
        "1,Say red 5,red!",
        "2,Say pink 7,pink!",
    ]
    assert afina.chat(str(result.run / "model")).ask("Say red 5") == "red!"
    with pytest.raises(ModelError, match="are not measured on other data"):
        afina.evaluate(result.run, asked)


def test_a_run_is_talked_to_as_it_was_trained(
    talker: Path, talks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    settings = {**SETTINGS, "train.epochs": 1, "task.system": "Be brief.", "task.answers.stop": ["!"]}
    run = afina.train(
        talks, task="generate", model=str(talker), adapt="full", settings=settings, out=tmp_path / "run"
    ).run
    chat = afina.chat(str(run))
    assert "!" not in chat.ask("Say red 5")
    assert chat.messages[0].content == "Be brief."
    assert afina.chat(str(run), system="Be long.").messages[0].content == "Be long."
    expected = afina.chat(str(talker), system="Be brief.", stop=["!"], max_tokens=8).ask("Say red 5")
    assert chat.base().ask("Say red 5") == expected
    with pytest.raises(ModelError, match="was not trained here, so there is nothing to show beside it"):
        afina.chat(str(talker)).base()
    monkeypatch.setattr("sys.stdin", io.StringIO("Say red 5\n"))
    assert main(["chat", str(run), "--beside-base", "--json"]) == 0
    (turn,) = json.loads(capsys.readouterr().out)
    assert (turn["question"], turn["base_answer"]) == ("Say red 5", expected)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning")
def test_lora_learns_the_same_and_peft_reads_it(talker: Path, talks: Path, tmp_path: Path) -> None:
    settings = {**SETTINGS, "train.learning_rate": 0.02, "adapt.rank": 4}
    made = afina.train(
        talks, task="generate", model=str(talker), adapt="lora", settings=settings, out=tmp_path / "run"
    )
    assert made.report["test"]["perplexity"]["value"] < 100
    folder = tmp_path / "run" / "model"
    merged = AutoModelForCausalLM.from_pretrained(folder)
    again = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(talker), folder / "adapter")
    ids = torch.tensor([[1, 40, 50, 60]])
    with torch.no_grad():
        plain = AutoModelForCausalLM.from_pretrained(talker)(ids).logits
        torch.testing.assert_close(again(ids).logits, merged(ids).logits, rtol=1e-4, atol=1e-4)
        assert not torch.allclose(plain, merged(ids).logits, atol=1e-2)


def test_answers_that_are_cut_off_are_told_and_all_cut_off_stops(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    found = afina.check(talks, task="generate", model=str(talker), settings={"model.max_length": 34})
    lost = [finding for finding in found["audit"] if finding["check"] == "lost_answers"]
    assert lost
    assert lost[0]["severity"] == "warning"
    with pytest.raises(DataError, match=r"no usable rows are left in train\. \d+ rows teach nothing"):
        afina.check(talks, task="generate", model=str(talker), settings={"model.max_length": 12})


def test_what_is_learnt_is_shown(talker: Path, talks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["look", str(talks), "--task", "generate", "--model", str(talker), "--count", "1"]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "[!] [<|im_end|>]" in told
    assert "[S]" not in told
    assert "of them are learnt" in told


def test_what_does_not_fit_together_is_told(talker: Path, talks: Path, small_table: Path) -> None:
    with pytest.raises(RecipeError, match="'next_token' cannot be used for the task 'classify'"):
        afina.check(small_table, model=str(talker), settings={"objective": "next_token"})
    with pytest.raises(RecipeError, match=r"'features' trains a new head, and .*'generate'"):
        afina.check(talks, task="generate", model=str(talker), adapt="features")
