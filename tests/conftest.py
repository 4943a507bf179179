"""What many tests share: a tiny model on disk, a small labelled table, and quiet surroundings."""

from __future__ import annotations

import os

# Before transformers is imported: no test may look for anything on the network.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["AFINA_LANG"] = "en"
# Tiny networks: a second thread costs more than it gives, most of all on a busy machine.
os.environ["OMP_NUM_THREADS"] = "1"

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from afina import language

if TYPE_CHECKING:
    from afina.recipe.recipe import Recipe

WORDS = """
    the a it is was this phone camera battery screen sound price very not really works broke loved hated
    great good fine bad awful okay perfect terrible excellent poor nice average i would buy again never
    case strap charger arrived late early box with and but . , ! ?
""".split()


@pytest.fixture(autouse=True)
def _surroundings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """English, an index of runs, a cache (but for downloaded models) and a working folder of its own."""
    monkeypatch.setenv("AFINA_HOME", str(tmp_path / "afina-home"))
    if request.node.get_closest_marker("model") is None:
        monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "afina-cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    before = language.current()
    language.speak("en")
    yield
    language.speak(before)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of 3 blocks and width 32, random weights, and a tokenizer of whole words."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from afina.models.load import quiet

    folder = tmp_path_factory.mktemp("tiny-bert")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=64,
    )  # fmt: skip
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, pad_token_id=0,
    )  # fmt: skip
    with quiet():
        BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def small_recipe(model: Path, table: Path, **more: Any) -> Recipe:
    """Three epochs of a tiny model, and nothing that a test of many trainings would wait for."""
    from afina.recipe.recipe import Recipe

    return Recipe.of(
        {
            "data": str(table), "model": str(model), "name": "small",
            "evaluate": {"resamples": 200, "baselines": ["majority"], "label_errors": 0},
            "train": {"epochs": 3, "learning_rate": 1e-3}, **more,
        }
    )  # fmt: skip


def sentences(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """(text, label) pairs of three classes, all different, that a tiny model can learn to tell apart."""
    import random

    draw = random.Random(seed)
    words = {
        "negative": ["bad", "awful", "terrible", "poor", "hated", "broke"],
        "neutral": ["okay", "average", "fine"],
        "positive": ["great", "good", "perfect", "excellent", "nice", "loved"],
    }
    things = ["phone", "camera", "battery", "screen", "sound", "price", "case", "strap", "charger"]
    fill = [
        "the",
        "a",
        "it",
        "is",
        "was",
        "this",
        "very",
        "really",
        "i",
        "would",
        "and",
        "box",
        "late",
        "early",
    ]
    made: dict[str, str] = {}
    while len(made) < count:
        label = draw.choice(list(words))
        parts = [draw.choice(fill) for _ in range(draw.randint(3, 14))]
        parts += [draw.choice(things), draw.choice(words[label])]
        draw.shuffle(parts)
        made.setdefault(" ".join(parts), label)
    return list(made.items())


@pytest.fixture(scope="session")
def small_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file of 240 rows with the columns text and label."""
    import csv

    path = tmp_path_factory.mktemp("table") / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(sentences(240))
    return path


@pytest.fixture(scope="session")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny language model, random weights, and a tokenizer of bytes."""
    import talkers

    return talkers.write(tmp_path_factory.mktemp("talker") / "talker")
