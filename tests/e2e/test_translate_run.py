"""Translations: by a language model that is asked to translate, and by an encoder-decoder that is not."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest

import afina
import seq2seq
from afina.cli import main
from afina.ship.answerer import Answerer

QUICK = {
    "train.epochs": 2, "task.answers.max_tokens": 8, "task.general": False, "task.answered": 6,
    "evaluate.resamples": 100, "train.learning_rate": 5e-3,
}  # fmt: skip


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ["".join(word) for word in itertools.product("abcd", repeat=3)]
    random.Random(0).shuffle(words)
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("en\tes\n" + "".join(f"{word} the\t¿{word.upper()}?\n" for word in words))
    return path


def trained(pairs: Path, model: Path, out: Path, **settings: Any) -> Any:
    given = {**QUICK, **settings}
    return afina.train(pairs, task="translate", model=str(model), adapt="full", settings=given, out=out)


def test_a_language_model_is_asked_to_translate(
    talker: Path, pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = trained(pairs, talker, tmp_path / "run")
    report = made.report
    assert (report["task"], report["system"], report["head"]) == (
        "translate", "Translate into Spanish.", "causal",
    )  # fmt: skip
    assert report["baselines"].keys() == {"untrained", "few_shot", "retrieval"}
    assert report["test"].keys() == {"perplexity", "bleu", "chrf"}
    learnt = report["learnt"][0]
    assert "Translate·into·Spanish." in "".join(learnt["tokens"])
    saved = afina.load(made.run)
    assert isinstance(saved, Answerer)
    # Asked as it was trained: the instruction, then the text.
    asked = saved.tools.tokenizer.decode(_asked(saved, "abc the"))
    assert "system\nTranslate into Spanish." in asked
    assert asked.index("Spanish.") < asked.index("abc the")
    chat = afina.chat(str(made.run))
    assert chat.messages[0].content == "Translate into Spanish."
    card = (made.run / "model" / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: translation" in card
    assert '{"role": "system", "content": "Translate into Spanish."}' in card
    new = tmp_path / "new.csv"
    new.write_text("id,en\n1,abc the\n")
    out = tmp_path / "answers.csv"
    assert main(["predict", str(made.run), "--file", str(new), "-o", str(out)]) == 0
    assert out.read_text(encoding="utf-8").splitlines()[0] == "id,en,answer"


def _asked(model: Answerer, text: str) -> list[int]:
    from afina.data.conversation import Message
    from afina.data.pairs import asked_ids

    return asked_ids([Message("user", text)], model.tools)


def test_the_other_direction_and_an_instruction_of_ones_own(talker: Path, pairs: Path) -> None:
    given = {"task.source_language": "es"}
    (row,) = _look(pairs, talker, given)
    assert "Translate·into·English." in "".join(row["tokens"])
    (row,) = _look(pairs, talker, {"task.system": "Go."})
    assert "system⏎Go." in "".join(row["tokens"])


def _look(pairs: Path, model: Path, settings: dict[str, Any]) -> Any:
    from afina.recipe.recipe import Recipe
    from afina.run import look

    task = {"kind": "translate", **{name.partition(".")[2]: value for name, value in settings.items()}}
    return look(Recipe.of({"data": str(pairs), "task": task, "model": str(model)}), 1)


def test_an_encoder_decoder_reads_the_text_and_nothing_else(pairs: Path, tmp_path: Path) -> None:
    model = seq2seq.write(tmp_path / "t5")
    wanted = {"evaluate.baselines": ["few_shot"]}
    made = trained(pairs, model, tmp_path / "run", **wanted)
    report = made.report
    events = (made.run / "events.jsonl").read_text(encoding="utf-8")
    assert "'few_shot' is left out: an encoder-decoder is shown no examples with a question." in events
    assert (report["system"], report["head"]) == (None, "seq2seq")
    assert report["baselines"].keys() == {"untrained"}
    tokens = "".join(report["learnt"][0]["tokens"])
    assert tokens.count("</s>") == 2
    assert tokens[3:12] == "·the</s>¿"
