"""An encoder-decoder from random weights to a model that answers, as a person would do it."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    ByT5Tokenizer,
    T5Config,
    T5ForConditionalGeneration,
)  # fmt: skip

import afina
import seq2seq
from afina.cli import main
from afina.data.conversation import Conversation, Message
from afina.data.example import Where
from afina.data.pairs import encode_pair
from afina.errors import DataError, RecipeError
from afina.evaluate.page import render
from afina.recipe.memory import memory
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.run import look, run
from afina.ship.answerer import Answerer

SETTINGS = {
    "train.epochs": 12, "train.learning_rate": 5e-3, "train.batch": 8, "task.answers.max_tokens": 8,
}  # fmt: skip
QUICK = {**SETTINGS, "train.epochs": 2, "task.answered": 4, "evaluate.resamples": 100}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seq2seq.write(tmp_path_factory.mktemp("model") / "t5")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Letters and the same letters as capitals: what is written depends on all that is read."""
    words = ["".join(word) for word in itertools.product("abcd", repeat=4)]
    random.Random(0).shuffle(words)
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{word}\t{word.upper()}\n" for word in words))
    return path


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(0)
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("\n".join(f"{''.join(draw.choices('abcdefgh', k=9))} of the law" for _n in range(60)))
    return path


@pytest.fixture(scope="module")
def result(model: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("runs") / "run"
    return afina.train(pairs, task="generate", model=str(model), adapt="full", settings=SETTINGS, out=out)


def test_it_learns_from_nothing_to_write_what_it_reads(result: Any) -> None:
    report = result.report
    assert (report["objective"], report["head"], report["system"]) == ("seq2seq", "seq2seq", None)
    assert report["baselines"].keys() == {"untrained"}
    assert report["test"]["perplexity"]["value"] < 1.5 < report["baselines"]["untrained"]["perplexity"]["low"]
    assert report["test"]["exact_answer"]["value"] > 0.7
    assert report["baselines"]["untrained"]["exact_answer"]["value"] == 0.0
    assert "forgetting" not in report
    shown = report["answers"][0]
    assert shown["expected"] == shown["asked"].upper()
    assert shown["prompted"] == {}
    assert (result.run / "report.html").read_text(encoding="utf-8") == render(report)
    card = (result.run / "model" / "README.md").read_text(encoding="utf-8")
    assert "AutoModelForSeq2SeqLM" in card
    assert "AutoModelForCausalLM" not in card
    learnt = report["learnt"][0]
    assert sum(learnt["counts"]) == 5
    assert learnt["tokens"][4] == "</s>"


def test_losses_and_answers_are_those_of_transformers_on_the_saved_folder(result: Any, pairs: Path) -> None:
    folder = result.run / "model"
    network = AutoModelForSeq2SeqLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert network.lm_head.weight is network.shared.weight
    model = afina.load(result.run)
    assert isinstance(model, Answerer)
    for source, target in (line.split("\t") for line in pairs.read_text().splitlines()[1:9]):
        asked, answer = (tokenizer(text, return_tensors="pt")["input_ids"] for text in (source, target))
        with torch.no_grad():
            mean = network(asked, labels=answer).loss
            # Without a cache, which transformers makes only as deep as the encoder.
            said = network.generate(input_ids=asked, max_new_tokens=8, do_sample=False, use_cache=False)[0]
        turns = (Message("user", source), Message("assistant", target))
        row = encode_pair(Conversation(where=Where("", 1), messages=turns), model.tools)
        (found,) = model.losses([row])
        assert found[1] == 5
        assert found[0] / found[1] == pytest.approx(float(mean), rel=1e-4)
        assert model.predict([source]) == [{"answer": tokenizer.decode(said, skip_special_tokens=True)}]


def test_it_answers_from_the_command_line_and_in_a_chat(
    result: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (told,) = afina.load(result.run).predict(["abcd"])
    assert main(["predict", str(result.run), "abcd", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"text": "abcd", **told}]
    chat = afina.chat(str(result.run))
    assert chat.ask("abcd") == told["answer"]
    assert isinstance(chat.base().ask("abcd"), str)
    assert main(["look", str(result.run / "recipe.json"), "--count", "1"]) == 0
    assert "[A]" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning")
def test_lora_is_merged_and_peft_reads_it(model: Path, pairs: Path, tmp_path: Path) -> None:
    settings = {**QUICK, "train.learning_rate": 0.02, "adapt.rank": 4}
    afina.train(
        pairs, task="generate", model=str(model), adapt="lora", settings=settings, out=tmp_path / "run"
    )
    folder = tmp_path / "run" / "model"
    merged = AutoModelForSeq2SeqLM.from_pretrained(folder)
    base = AutoModelForSeq2SeqLM.from_pretrained(model)
    given = {"input_ids": torch.tensor([[5, 6, 7, 1]]), "decoder_input_ids": torch.tensor([[0, 31, 32]])}
    with torch.no_grad():
        plain = base(**given).logits
        again = PeftModel.from_pretrained(base, folder / "adapter")
        torch.testing.assert_close(again(**given).logits, merged(**given).logits, rtol=1e-4, atol=1e-4)
        assert not torch.allclose(plain, merged(**given).logits, atol=1e-2)


def test_what_a_frozen_encoder_says_is_computed_once_and_changes_nothing(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    settings = {**QUICK, "adapt.blocks": 2, "data.limit": 80}
    kept, anew = (
        afina.train(
            pairs, task="generate", model=str(model), adapt="top_blocks", out=tmp_path / name,
            settings={**settings, "train.cache_gigabytes": size},
        ).report
        for name, size in (("kept", 1), ("anew", 0))
    )  # fmt: skip
    assert list((tmp_path / "afina-cache" / "states").iterdir())
    assert kept["test"]["perplexity"]["value"] == pytest.approx(anew["test"]["perplexity"]["value"], rel=1e-4)


def test_a_prefix_stands_before_every_question(model: Path, pairs: Path, tmp_path: Path) -> None:
    settings = {**QUICK, "task.system": "copy:", "data.limit": 60, "train.epochs": 1}
    made = afina.train(
        pairs, task="generate", model=str(model), adapt="full", settings=settings, out=tmp_path / "run"
    )
    assert "".join(made.report["learnt"][0]["tokens"]).startswith("copy:·")
    saved = afina.load(made.run)
    assert isinstance(saved, Answerer)
    assert saved.tools.system == made.report["system"] == "copy:"
    assert '"copy: ' in (made.run / "model" / "README.md").read_text(encoding="utf-8")


def test_texts_of_a_domain_are_learnt_by_their_hidden_spans(model: Path, texts: Path, tmp_path: Path) -> None:
    settings = {**QUICK, "objective": "span_corruption", "train.epochs": 4}
    made = afina.train(
        texts, task="generate", model=str(model), adapt="full", settings=settings, out=tmp_path / "run"
    )
    report = made.report
    assert report["objective"] == "span_corruption"
    assert report["test"]["perplexity"]["high"] < report["baselines"]["untrained"]["perplexity"]["low"]
    assert "answers" not in report


def test_texts_first_and_then_answers(model: Path, texts: Path, pairs: Path, tmp_path: Path) -> None:
    before = {"data": str(texts), "adapt": "full", "objective": "span_corruption", "train": {"epochs": 1}}
    recipe = Recipe.of(
        {
            "data": {"path": str(pairs), "limit": 60}, "model": str(model), "adapt": "lora",
            "task": {"kind": "generate", "answered": 2}, "train": {"epochs": 1}, "before": [before],
            "evaluate": {"resamples": 100},
        }
    )  # fmt: skip
    report = run(recipe, out=tmp_path / "run").report
    (phase,) = report["before"]
    assert (phase["objective"], report["objective"]) == ("span_corruption", "seq2seq")


def test_the_memory_of_a_training_is_counted(model: Path, pairs: Path) -> None:
    values = {"data": str(pairs), "model": str(model), "task": {"kind": "generate"}, "adapt": "full"}
    job = next(Prepared(Recipe.of(values)).trainings()).job
    found = memory(job)
    learning = sum(p.numel() for p in job.adapted.trainable().values())
    assert found.moments == 8 * learning
    assert found.activations > 0
    assert found.low <= found.expected <= found.high


def test_what_does_not_fit_together_is_told(
    model: Path, talker: Path, pairs: Path, texts: Path, small_table: Path, tmp_path: Path
) -> None:
    def check(data: Path, name: Path, **settings: Any) -> Any:
        return afina.check(data, task="generate", model=str(name), settings=settings)

    with pytest.raises(RecipeError, match=r"objective: 'seq2seq' trains encoder-decoders, and .* is none"):
        check(pairs, talker, objective="seq2seq")
    with pytest.raises(RecipeError, match="is an encoder-decoder, which 'next_token' cannot train"):
        check(pairs, model, objective="next_token")
    with pytest.raises(DataError, match=r"texts\.txt:\d+: this is a plain text.*objective=span_corruption"):
        check(texts, model)
    # To tell labels, its encoder is enough.
    assert afina.check(small_table, model=str(model))["adapt"] == "full"


def test_answers_that_are_cut_off_are_told(model: Path, pairs: Path) -> None:
    settings = {"model.max_length": 3}
    found = afina.check(pairs, task="generate", model=str(model), settings=settings)["audit"]
    lost = next(finding for finding in found if finding["check"] == "lost_answers")
    assert "lose their last" in lost["message"]


def test_a_tokenizer_in_plain_python_serves_as_well(pairs: Path, tmp_path: Path) -> None:
    """That of ByT5, whose tokens are bytes; Marian's is of the same kind."""
    made = ByT5Tokenizer()
    torch.manual_seed(0)
    config = T5Config(**seq2seq.T5 | {"vocab_size": len(made)}, pad_token_id=0, eos_token_id=1)
    T5ForConditionalGeneration(config).save_pretrained(tmp_path / "byt5")
    made.save_pretrained(tmp_path / "byt5")
    # It needs no vocabulary and writes none, and a folder is taken for a model's by having one.
    (tmp_path / "byt5" / "vocab.json").write_text(json.dumps(made.get_vocab()))
    values = {"data": str(pairs), "task": {"kind": "translate"}, "model": str(tmp_path / "byt5")}
    (row,) = look(Recipe.of(values), 1)
    assert sum(row["counts"]) == 5
    assert row["tokens"][-1] == "</s>"
