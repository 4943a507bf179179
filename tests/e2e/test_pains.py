"""What goes wrong most often when language models are fine-tuned, each in a run as a person makes it."""

from __future__ import annotations

import json
import math
import random
import shutil
import signal
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import pytest
import torch
from packaging.requirements import Requirement
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

import afina
import ggufs
import talkers
from afina.data.chat import prompt_ids
from afina.data.conversation import Message
from afina.data.row import Row
from afina.errors import CheckpointError, DataError, Interrupted, ModelError, RunError
from afina.evaluate.forgetting import general_texts
from afina.models.source import resolve
from afina.recipe.memory import memory
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.run import Result, run
from afina.ship.answerer import Answerer
from afina.train.checkpoint import Checkpoints
from afina.train.fit import fit
from afina.train.log import Event
from afina.train.runtime import Runtime
from afina.train.state import Progress

COLOURS = ("red", "blue", "green", "pink")
TASK = {"kind": "generate", "general": False, "answered": 4, "answers": {"max_tokens": 8}}
BEGINNING = "{{ bos_token }}" + talkers.CHATML
#: Leaves out what earlier answers thought.
FORGETFUL = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{{ m['content'].split('</think>')[-1] if not loop.last else m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(0)
    path = tmp_path_factory.mktemp("talks") / "talks.jsonl"
    rows = [(draw.choice(COLOURS), "please " * draw.randrange(4) + str(n)) for n in range(90)]
    lines = [{"prompt": f"Say {colour} {rest}", "completion": f"{colour}!"} for colour, rest in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def recipe(talker: Path, talks: Path, **more: Any) -> Recipe:
    train = {"epochs": 4, "learning_rate": 5e-3, **more.pop("train", {})}
    values = {
        "data": str(talks), "model": str(talker), "task": TASK, "adapt": "full", "train": train,
        "evaluate": {"resamples": 100, "baselines": []},
    }  # fmt: skip
    return Recipe.of(values | more)


@pytest.fixture(scope="module")
def trained(talker: Path, talks: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(recipe(talker, talks, train={"epochs": 25}), out=tmp_path_factory.mktemp("runs") / "run")


def losses(settings: Recipe, folder: Path) -> list[float]:
    """Of every step."""
    found: list[float] = []

    def listen(event: Event) -> None:
        if event.kind == "progress":
            found.append(event.data["loss"])

    job = next(Prepared(settings).trainings()).job
    fit(job, Checkpoints(folder, "", print), resume=False, listen=listen)
    return found


def weights(result: Result) -> dict[str, torch.Tensor]:
    return load_file(result.run / "model" / "model.safetensors")


def test_01_the_loss_of_a_step_does_not_depend_on_how_it_is_cut(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    """Rows of different lengths, and a last step with fewer rows than the others."""
    whole = losses(recipe(talker, talks, train={"epochs": 1, "batch": 8}), tmp_path / "a")
    pieces = losses(
        recipe(talker, talks, train={"epochs": 1, "batch": 8, "micro_tokens": 60}), tmp_path / "b"
    )
    assert len(whole) == 8
    assert pieces == pytest.approx(whole, rel=1e-4)


def test_02_a_run_of_which_nothing_could_be_learnt_stops_before_it_starts(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    settings = recipe(talker, talks, model={"name": str(talker), "max_length": 10})
    with pytest.raises(DataError, match="rows teach nothing"):
        run(settings, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_03_the_end_is_learnt_although_it_is_the_padding_token_too(
    trained: Result, talker: Path, talks: Path
) -> None:
    prepared = Prepared(recipe(talker, talks))
    tokenizer = prepared.tools.tokenizer
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    for row in prepared.rows["train"].rows:
        learnt = [number for number, count in zip(row.ids, row.counts, strict=True) if count]
        assert learnt[-1] == tokenizer.eos_token_id
    # Eight tokens are allowed, and it stops by itself.
    assert [told["answer"] for told in afina.load(trained.run).predict(["Say red 3", "Say pink 4"])] == [
        "red!",
        "pink!",
    ]


@pytest.mark.parametrize("begins", [False, True])
@pytest.mark.parametrize("template", [talkers.CHATML, BEGINNING])
def test_04_there_is_one_begin_token_at_most(
    talks: Path, tmp_path: Path, template: str, begins: bool
) -> None:
    model = talkers.write(tmp_path / "talker", template)
    talkers.tokenizer(template, begins=begins).save_pretrained(model)
    prepared = Prepared(recipe(model, talks))
    counts = {row.ids.count(0) for row in prepared.rows["train"].rows}
    assert counts == {int(begins or template == BEGINNING)}
    asked = prompt_ids([Message("user", "Hi")], prepared.tools)
    assert asked.count(0) == int(begins or template == BEGINNING)


def test_05_what_is_asked_has_the_same_ids_when_training_and_in_what_others_load(
    trained: Result, talker: Path, talks: Path
) -> None:
    prepared = Prepared(recipe(talker, talks))
    model, others = afina.load(trained.run), AutoTokenizer.from_pretrained(trained.run / "model")
    assert isinstance(model, Answerer)
    for example, row in zip(prepared.dataset.splits.train, prepared.rows["train"].rows, strict=True):
        first = next(place for place, count in enumerate(row.counts) if count)
        asked = example.messages[:-1]
        assert prompt_ids(asked, model.tools) == list(row.ids[:first])
        text = others.apply_chat_template(
            [message.plain() for message in asked], add_generation_prompt=True, tokenize=False
        )
        assert others(text, add_special_tokens=False)["input_ids"] == list(row.ids[:first])


def test_06_a_template_that_forgets_what_was_thought_is_refused_for_several_turns(tmp_path: Path) -> None:
    model, path = talkers.write(tmp_path / "talker", FORGETFUL), tmp_path / "chats.jsonl"
    draw, lines = random.Random(0), []
    for _row in range(20):
        words = ["".join(draw.choices("abcdefgh", k=12)) for _turn in range(4)]
        words[1] = f"<think>so</think>{words[1]}"
        roles = ("user", "assistant") * 2
        turns = [{"role": role, "content": text} for role, text in zip(roles, words, strict=True)]
        lines.append(json.dumps({"messages": turns}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=r"chats\.jsonl:\d+: .* in another way once other turns follow"):
        run(recipe(model, path), out=tmp_path / "run")


def test_07_no_token_stands_on_both_sides_of_the_line_between_question_and_answer(
    talker: Path, tmp_path: Path
) -> None:
    """The template ends a question by a line break, and the vocabulary has one token for that and an H."""
    path = tmp_path / "talks.jsonl"
    lines = [f'{{"prompt": "Hi {n}", "completion": "Hello {n}"}}\n' for n in range(40)]
    path.write_text("".join(lines), encoding="utf-8")
    prepared = Prepared(recipe(talker, path))
    for row in prepared.rows["train"].rows:
        learnt = [n for n, count in zip(row.ids, row.counts, strict=True) if count]
        assert prepared.tools.tokenizer.decode(learnt).startswith("Hello ")


def test_08_answers_that_are_cut_are_told_before_the_first_step(talker: Path, talks: Path) -> None:
    found = afina.check(talks, task="generate", model=str(talker), settings={"model.max_length": 40})
    (lost,) = [one for one in found["audit"] if one["check"] == "lost_answers"]
    assert lost["severity"] == "warning"
    assert any(one["check"] == "lengths" for one in found["audit"])


def test_09_rows_of_one_batch_do_not_see_each_other(talker: Path, talks: Path) -> None:
    """Nothing is packed: a row of a batch is one row of the data, and padding."""
    job = Prepared(recipe(talker, talks)).untrained()
    rows = list(job.train.rows[:16])
    assert len({len(row.ids) for row in rows}) > 3

    @torch.no_grad()
    def lost(together: list[Row]) -> torch.Tensor:
        batch = job.objective.collate(together, job.tools, range(len(together)))
        held = batch.inputs["input_ids"]
        assert [held[n, : len(row.ids)].tolist() for n, row in enumerate(together)] == [
            list(row.ids) for row in together
        ]
        return job.objective.outcome(job.adapted.network(**batch.inputs), batch)[:, 0]

    job.adapted.network.eval()
    alone = torch.cat([lost([row]) for row in rows])
    torch.testing.assert_close(lost(rows), alone, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(lost(rows[::-1]).flip(0), alone, rtol=1e-5, atol=1e-5)
    # With a neighbour of other tokens, and of the same length, it is the same to the bit.
    other = replace(rows[1], ids=tuple(3 + number % 50 for number in rows[1].ids))
    first, second = lost([rows[0], rows[1]]), lost([rows[0], other])
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[1], second[1])


def test_10_what_was_kept_of_another_template_is_not_used(talks: Path, tmp_path: Path) -> None:
    adapt = {"kind": "top_blocks", "blocks": 1}
    first = talkers.write(tmp_path / "first", talkers.CHATML)
    second = talkers.write(tmp_path / "second", talkers.CHATML.replace("user", "u").replace("\\n", " "))
    losses(recipe(first, talks, adapt=adapt, train={"epochs": 1}), tmp_path / "a")
    kept = losses(recipe(second, talks, adapt=adapt, train={"epochs": 1}), tmp_path / "b")
    fresh = recipe(second, talks, adapt=adapt, train={"epochs": 1, "cache_gigabytes": 0})
    assert kept == pytest.approx(losses(fresh, tmp_path / "c"), rel=1e-5)


def test_11_merging_an_adapter_keeps_what_the_model_says(talker: Path, talks: Path, tmp_path: Path) -> None:
    """The matrices are added in the precision of the base, float32."""
    job = next(Prepared(recipe(talker, talks, adapt={"kind": "lora", "rank": 4})).trainings()).job
    fit(job, Checkpoints(tmp_path / "fit", "", print), resume=False)
    ids = torch.arange(3, 40).unsqueeze(0)

    @torch.no_grad()
    def logits() -> torch.Tensor:
        return job.adapted.network.whole(ids).logits

    with job.adapted.off():
        base = logits()
    before = logits()
    job.adapted.merge()
    after = logits()
    assert after.dtype == torch.float32
    assert (before - base).abs().max() > 0.1
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)


def test_11_the_metric_of_the_report_is_that_of_the_merged_model(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    settings = recipe(talker, talks, adapt={"kind": "lora", "rank": 4})
    made = run(settings, out=tmp_path / "run")
    model = afina.load(made.run)
    assert isinstance(model, Answerer)
    losses = model.losses(Prepared(settings).rows["test"].rows)
    perplexity = math.exp(losses[:, 0].sum() / losses[:, 1].sum())
    assert made.report["test"]["perplexity"]["value"] == pytest.approx(perplexity, rel=1e-4)


def test_12_tied_embeddings_and_special_tokens_outlive_saving(trained: Result, talker: Path) -> None:
    folder = trained.run / "model"
    network, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert network.lm_head.weight is network.get_input_embeddings().weight
    assert network.config.tie_word_embeddings
    came = AutoTokenizer.from_pretrained(talker)
    assert tokenizer.get_vocab() == came.get_vocab()
    assert tokenizer.special_tokens_map == came.special_tokens_map
    assert tokenizer.chat_template == came.chat_template
    before = AutoModelForCausalLM.from_pretrained(talker).lm_head.weight
    assert not torch.equal(network.lm_head.weight, before)


@pytest.fixture(scope="module")
def classified(tiny_model: Path, small_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    values = {
        "data": str(small_table), "model": str(tiny_model), "train": {"epochs": 6, "learning_rate": 3e-3},
        "evaluate": {"resamples": 100, "baselines": []},
    }  # fmt: skip
    return run(Recipe.of(values), out=tmp_path_factory.mktemp("runs") / "classified")


def test_13_the_head_is_in_the_artifact_and_never_starts_anew(classified: Result) -> None:
    splits = Prepared(Recipe.of(classified.report["recipe"])).dataset.splits
    told = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        told.append(afina.load(classified.run).predict([example.text for example in splits.test]))
    assert told[0] == told[1]
    right = [one["label"] == splits.test[n].label for n, one in enumerate(told[0])]
    assert classified.report["test"]["accuracy"]["value"] == sum(right) / len(right) > 0.5
    # By hand, of nothing but what lies in the folder.
    folder = classified.run / "model"
    head, tokenizer = load_file(folder / "head.safetensors"), AutoTokenizer.from_pretrained(folder)
    given = tokenizer(splits.test[0].text, return_tensors="pt")
    with torch.no_grad():
        said = AutoModel.from_pretrained(folder, add_pooling_layer=False)(**given).last_hidden_state
    kept = said[:, 0] if classified.report["pooling"] == "cls" else said.mean(1)
    scores = (kept @ head["weight"].T + head["bias"]).softmax(-1)[0]
    assert list(told[0][0]["probabilities"].values()) == pytest.approx(scores.tolist(), abs=1e-5)


@pytest.mark.parametrize("damage", ["empty", "short", "missing", "not_finite"])
@pytest.mark.parametrize("file", ["model", "head"])
def test_14_a_saved_file_without_its_weights_is_refused(
    classified: Result, file: str, damage: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(classified.run / "model", folder)
    held = load_file(folder / f"{file}.safetensors")
    name = max(held, key=lambda name: held[name].ndim)
    change = {
        "empty": lambda: held.update({name: torch.zeros(0) for name in held}),
        "short": lambda: held.update({name: held[name][:-1].contiguous()}),
        "missing": lambda: held.pop(name),
        "not_finite": lambda: held.update({name: held[name] * math.nan}),
    }
    change[damage]()
    save_file(held, folder / f"{file}.safetensors", metadata={"format": "pt"})
    sentence = {
        "empty": r"another shape",
        "short": r"1 weight .* has another shape than it should have, such as ",
        "missing": r"1 weight .* is missing",
        "not_finite": r"numbers that are not finite",
    }
    with pytest.raises(ModelError, match=sentence[damage]):
        afina.load(folder)


def test_14_a_file_that_is_cut_or_gone_is_refused(classified: Result, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(classified.run / "model", folder)
    head = folder / "head.safetensors"
    head.write_bytes(head.read_bytes()[:-9])
    with pytest.raises(ModelError, match=r"head\.safetensors: this file cannot be read"):
        afina.load(folder)
    head.unlink()
    with pytest.raises(ModelError, match=r"head\.safetensors: this file cannot be read"):
        afina.load(folder)


def test_14_a_checkpoint_without_its_weights_is_refused(talker: Path, talks: Path, tmp_path: Path) -> None:
    """As sharded training writes them elsewhere: all there, all empty."""
    job = next(Prepared(recipe(talker, talks, adapt="lora", train={"epochs": 1})).trainings()).job
    checkpoints = Checkpoints(tmp_path / "checkpoints", "", print)
    empty = {name: torch.zeros(0) for name in job.adapted.state()}
    checkpoints.save(3, empty, {}, Progress(step=3).plain(), set())
    with pytest.raises(CheckpointError, match="this checkpoint holds other weights than this training moves"):
        fit(job, checkpoints, resume=True)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning")
def test_15_an_adapter_has_moved_and_the_saved_one_changes_what_the_model_says(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    from peft import PeftModel

    made = run(recipe(talker, talks, adapt={"kind": "lora", "rank": 4}), out=tmp_path / "run")
    saved = load_file(made.run / "model" / "adapter" / "adapter_model.safetensors")
    second = [tensor for name, tensor in saved.items() if "lora_B" in name]
    assert second
    assert all(tensor.norm() > 0 for tensor in second)
    ids = torch.arange(3, 20).unsqueeze(0)
    with torch.no_grad():
        base = AutoModelForCausalLM.from_pretrained(talker)
        plain = base(ids).logits
        adapted = PeftModel.from_pretrained(base, made.run / "model" / "adapter")(ids).logits
    assert (adapted - plain).abs().max() > 1e-2


@pytest.mark.parametrize("packed", ["F32", "Q4_0"])
def test_16_a_gguf_file_trains_as_its_decoded_copy(packed: str, talks: Path, tmp_path: Path) -> None:
    """Also what LoRA learns beside weights of four bits: they are decoded first, and it is added to those."""
    source, lines = tmp_path / "tiny.gguf", talks.read_text(encoding="utf-8").splitlines()
    ggufs.write(source, ggufs.llama(), packed=gguf.GGMLQuantizationType[packed])
    texts = tmp_path / "texts.txt"
    texts.write_text(
        "".join("{prompt} {completion}\n".format(**json.loads(line)) for line in lines), encoding="utf-8"
    )
    copy = tmp_path / "copy"
    shutil.copytree(resolve(str(source)).folder, copy)
    made = [
        run(recipe(model, texts, adapt="lora", train={"epochs": 1}), out=tmp_path / f"run-{number}")
        for number, model in enumerate((source, copy))
    ]
    assert made[0].report["test"] == made[1].report["test"]
    first, second = map(weights, made)
    assert [name for name in first if not torch.equal(first[name], second[name])] == []
    assert {tensor.dtype for tensor in first.values()} == {torch.float32}


def test_18_memory_is_told_beforehand_and_what_may_not_fit_is_tried_first(
    talker: Path, talks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = recipe(talker, talks, train={"epochs": 1})
    plan = afina.check(settings.plain())["plan"]["memory"]
    assert 0 < plan["low"] <= plan["expected"] <= plan["high"]
    plain = run(settings, out=tmp_path / "plain")
    needed = memory(next(Prepared(settings).trainings()).job).more
    events: list[Event] = []
    # Exactly what is expected: the ends of the interval lie on both sides.
    monkeypatch.setattr(Runtime, "free_bytes", lambda: needed)
    tried = run(settings, out=tmp_path / "tried", listen=events.append)
    kinds = [event.kind for event in events]
    (warning,) = (n for n, event in enumerate(events) if "its longest rows are tried" in str(event.data))
    assert warning < kinds.index("progress")
    assert tried.report["test"] == plain.report["test"]
    monkeypatch.setattr(Runtime, "free_bytes", lambda: needed // 2)
    events.clear()
    with pytest.raises(RunError, match=r"more memory, and .* are free"):
        run(settings, out=tmp_path / "stopped", listen=events.append)
    assert "progress" not in [event.kind for event in events]


def test_19_few_packages_each_in_a_wide_range() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [Requirement(line) for line in project["dependencies"]]
    assert len(needed) < 25
    for requirement in needed:
        assert [one.operator for one in requirement.specifier] == [">="], requirement
    # What the tests run with is within them all.
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {one.name: one for one in map(Requirement, (line for line in lines if not line.startswith("#")))}
    for requirement in needed:
        (version,) = pinned[requirement.name].specifier
        assert requirement.specifier.contains(version.version), requirement


def test_20_a_run_that_was_stopped_and_resumed_has_the_same_bits(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    settings = recipe(talker, talks, adapt="lora", train={"epochs": 2, "save_every": 3})
    whole = run(settings, out=tmp_path / "whole")
    steps = 0

    def listen(event: Event) -> None:
        nonlocal steps
        steps += event.kind == "progress"
        if event.kind == "progress" and steps == 5:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        run(settings, out=tmp_path / "cut", listen=listen)
    again = run(settings, out=tmp_path / "cut", resume=True)
    expected, found = weights(whole), weights(again)
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert again.report["curves"] == whole.report["curves"]
    assert again.report["test"] == whole.report["test"]


def test_21_what_is_measured_is_what_is_served(trained: Result) -> None:
    """The answers behind the metrics are those that the saved model gives."""
    answers = trained.report["answers"]
    served = [one["answer"] for one in afina.load(trained.run).predict([one["asked"] for one in answers])]
    assert served == [one["after"] for one in answers]
    right = [one["after"] == one["expected"] for one in answers]
    assert trained.report["test"]["exact_answer"]["value"] == sum(right) / len(right)


def test_22_the_best_checkpoint_is_kept_without_being_asked_for(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    settings = recipe(talker, talks, train={"epochs": 8, "learning_rate": 0.05, "schedule": "constant"})
    report = run(settings, out=tmp_path / "run").report
    curve = {point["step"]: point["dev_loss"] for point in report["curves"]}
    assert report["best_step"] == min(curve, key=curve.__getitem__)
    assert math.log(report["dev"]["perplexity"]["value"]) == pytest.approx(
        curve[report["best_step"]], rel=1e-3
    )


def test_23_the_seed_decides_everything(talker: Path, talks: Path, tmp_path: Path) -> None:
    def made(name: str, seed: int) -> dict[str, torch.Tensor]:
        settings = recipe(talker, talks, adapt="lora", seed=seed, train={"epochs": 1})
        return weights(run(settings, out=tmp_path / name))

    first, again, other = made("first", 0), made("again", 0), made("other", 1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_24_what_is_not_finite_stops_the_run_and_names_the_rows(
    talker: Path, talks: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(talker, broken)
    held = load_file(broken / "model.safetensors")
    letter = AutoTokenizer.from_pretrained(talker).convert_tokens_to_ids("k")
    held["model.embed_tokens.weight"][letter] *= 1e36  # finite, but no gradient of it is
    save_file(held, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(RunError, match=r"talks\.jsonl:\d+.*: the gradient of step 0 is nan"):
        losses(recipe(broken, talks), tmp_path / "fit")


@pytest.mark.model
def test_25_spanish_data_are_measured_on_spanish_texts(talker: Path, tmp_path: Path) -> None:
    path, draw = tmp_path / "charlas.jsonl", random.Random(0)
    words = """
        la casa está cerca del mercado donde compro pan leche queso manzanas cuando mi hermana viene con sus
        hijos desde muy lejos para pasar unos días entre amigos porque siempre hace calor y nadie quiere salir
    """.split()
    questions = [" ".join(draw.sample(words, 14)) for _row in range(60)]
    lines = [json.dumps({"prompt": f"¿{asked}?", "completion": "Sí, así es."}) for asked in questions]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    task = {name: value for name, value in TASK.items() if name != "general"}
    found = run(recipe(talker, path, task=task, train={"epochs": 2}), out=tmp_path / "run").report
    assert found["data_language"] == found["forgetting"]["language"] == "es"
    assert found["forgetting"]["rows"] == 32
    assert "manual of programming in Spanish" in (tmp_path / "run" / "report.html").read_text("utf-8")
    language, texts = general_texts("es")
    assert language == "es"
    assert len({text.text for text in texts}) == 32
    assert all(120 < len(text.text.split()) < 300 for text in texts)
    assert not any(mark in text.text for text in texts for mark in ("```", "](", "<", "!!!"))


@pytest.mark.model
def test_25_forgetting_is_measured_without_being_asked_for(talker: Path, talks: Path, tmp_path: Path) -> None:
    task = {name: value for name, value in TASK.items() if name != "general"}
    report = run(recipe(talker, talks, task=task, train={"epochs": 10}), out=tmp_path / "run").report
    found = report["forgetting"]
    assert (found["rows"], found["language"]) == (32, "en")
    assert found["difference"] == pytest.approx(found["after"]["value"] - found["before"]["value"])
    assert "What it forgot" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
