"""What a frozen network says is computed once, kept whole, shared, bounded, and never wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from afina.adapt import METHODS
from afina.data.batch import collate_texts
from afina.data.example import LabelledText, Where
from afina.data.row import Paired, Row, Tools
from afina.models.load import Model, load
from afina.models.network import Network, PooledNetwork
from afina.objectives.cross_entropy import CrossEntropy
from afina.train.checkpoint import Checkpoints
from afina.train.fit import Feed, Job, Plan, Train, fit
from afina.train.prefix_cache import PrefixCache, States
from afina.train.runtime import Runtime
from conftest import sentences

LABELS = ("negative", "neutral", "positive")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path: Path, told: list[str]) -> PrefixCache:
    return PrefixCache(tmp_path / "states", 10**9, told.append)


def parts(folder: Path, count: int = 60, length: int | None = None) -> tuple[Network, Tools, list[Row]]:
    loaded = load(Model(name=str(folder)))
    tools = Tools(loaded.tokenizer, LABELS, 32)
    torch.manual_seed(0)
    network = PooledNetwork(loaded.trunk, "mean", loaded.width, 3, 0.0)
    rows = [
        CrossEntropy().encode(LabelledText(where=Where("t", n), text=text, target={label: 1.0}), tools)
        for n, (text, label) in enumerate(sentences(count * (1 if length is None else 20), 1))
    ]
    if length is not None:
        rows = [row for row in rows if len(row.ids) == length][:count]
        assert len(rows) == count
    return network, tools, rows


def prefix(
    cache: PrefixCache, network: Network, tools: Tools, rows: list[Row], count: int = 2
) -> States | None:
    return cache.prefix(network, count, rows, CrossEntropy(), tools, Runtime())


def pooled(cache: PrefixCache, network: Network, tools: Tools, rows: list[Row]) -> States:
    return cache.pooled(network, rows, CrossEntropy(), tools, Runtime())


def test_the_states_are_those_of_the_network(tiny_model: Path, cache: PrefixCache) -> None:
    network, tools, rows = parts(tiny_model)
    states = prefix(cache, network, tools, rows)
    assert states is not None
    batch = CrossEntropy().collate(rows[:7], tools)
    entered = states.enter(batch, rows[:7])
    network.eval()
    with torch.no_grad():
        torch.testing.assert_close(network(**entered.inputs), network(**batch.inputs), rtol=1e-5, atol=1e-6)
        known = pooled(cache, network, tools, rows).of(rows[:7])
        torch.testing.assert_close(known, network.pooled(**batch.inputs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("adapt", "frozen"), [("top_blocks", 1), ("lora", 2)])
def test_trained_with_and_without_it_the_weights_are_the_same_bits_in_batches_of_one_shape(
    adapt: str, frozen: int, tiny_model: Path, tmp_path: Path
) -> None:
    """Rows of one length in groups of one size: then nothing but the cache differs."""
    trained = []
    for limit in (0, 10**9):
        network, tools, rows = parts(tiny_model, 48, length=12)
        network.head.requires_grad_(True)
        settings = {"kind": adapt} | ({"blocks": 1} if adapt == "lora" else {})
        method = METHODS.make(settings)
        adapted = method.apply(network)
        assert adapted.frozen_blocks == frozen
        cache = PrefixCache(tmp_path / "states", limit, pytest.fail)
        # The states are computed in groups as large as the batches.
        states = _in_groups_of(8, cache, network, adapted.frozen_blocks, rows, tools)
        assert (states is None) == (limit == 0)
        feed = Feed(rows, [str(n) for n in range(len(rows))], states=states)
        chosen = Train(batch=8, epochs=2, learning_rate=1e-2, evaluate_every=1000)
        objective = CrossEntropy()
        plan = Plan.of(chosen, objective, method, feed, 0)
        job = Job(adapted, objective, tools, feed, feed, lambda _: 0.0, chosen, plan, 0, Runtime())
        fit(job, Checkpoints(tmp_path / str(limit), "", print), resume=False)
        trained.append({name: p.detach().clone() for name, p in network.named_parameters()})
    assert trained[0].keys() == trained[1].keys()
    assert [name for name in trained[0] if not torch.equal(trained[0][name], trained[1][name])] == []


def _in_groups_of(
    size: int, cache: PrefixCache, network: Network, count: int, rows: list[Row], tools: Tools
) -> States | None:
    from afina.train import prefix_cache

    before = prefix_cache.BUDGET
    prefix_cache.BUDGET = size * len(rows[0].ids)
    try:
        return prefix(cache, network, tools, rows, count)
    finally:
        prefix_cache.BUDGET = before


def test_computed_once_and_shared_whatever_the_order_of_the_rows(
    tiny_model: Path, cache: PrefixCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, tools, rows = parts(tiny_model)
    first = prefix(cache, network, tools, rows)
    monkeypatch.setattr(PrefixCache, "_write", lambda *_: pytest.fail("computed again"))
    second = prefix(cache, network, tools, [*reversed(rows), rows[3]])
    assert first is not None
    assert second is not None
    assert torch.equal(first.of(rows), second.of(rows))
    assert second.seconds == first.seconds > 0


def test_another_network_other_blocks_or_other_rows_are_kept_apart(
    tiny_model: Path, cache: PrefixCache
) -> None:
    network, tools, rows = parts(tiny_model)
    prefix(cache, network, tools, rows)
    prefix(cache, network, tools, rows, 1)
    prefix(cache, network, tools, rows[1:])
    pooled(cache, network, tools, rows)
    assert len(list(cache.folder.iterdir())) == 4
    with torch.no_grad():
        network.anatomy.blocks[2].output.dense.weight[0, 0] += 1
    prefix(cache, network, tools, rows)  # above the cut: the same states
    assert len(list(cache.folder.iterdir())) == 4
    with torch.no_grad():
        network.anatomy.blocks[1].output.dense.weight[0, 0] += 1
    prefix(cache, network, tools, rows)
    assert len(list(cache.folder.iterdir())) == 5


@pytest.mark.parametrize("damage", ["cut", "no about", "other shape", "empty"])
def test_what_is_damaged_is_computed_again(damage: str, tiny_model: Path, cache: PrefixCache) -> None:
    network, tools, rows = parts(tiny_model)
    whole = prefix(cache, network, tools, rows)
    assert whole is not None
    expected = whole.of(rows)
    (folder,) = cache.folder.iterdir()
    file = folder / "states.npy"
    if damage == "cut":
        os.truncate(file, 2000)
    elif damage == "no about":
        (folder / "about.json").unlink()
    elif damage == "other shape":
        np.save(file, np.zeros((3, 3), np.float32))
    else:
        file.write_bytes(b"")
    again = prefix(cache, network, tools, rows)
    assert again is not None
    assert torch.equal(again.of(rows), expected)


def test_what_was_used_longest_ago_goes_first(tiny_model: Path, cache: PrefixCache, told: list[str]) -> None:
    network, tools, rows = parts(tiny_model)
    sets = [rows[:50], rows[5:55], rows[10:60]]
    for number, each in enumerate(sets):
        before = set(cache.folder.iterdir()) if cache.folder.exists() else set()
        prefix(cache, network, tools, each)
        (new,) = set(cache.folder.iterdir()) - before
        os.utime(new, (number, number))
    kept = sorted(cache.folder.iterdir(), key=lambda path: path.stat().st_mtime)
    prefix(cache, network, tools, sets[0])  # used now
    held = sum(file.stat().st_size for folder in kept for file in folder.iterdir())
    tight = PrefixCache(cache.folder, held, told.append)
    prefix(tight, network, tools, rows[2:52])
    assert kept[0].exists()
    assert not kept[1].exists()
    assert sum(f.stat().st_size for folder in cache.folder.iterdir() for f in folder.iterdir()) <= held
    assert told == []


def test_too_little_room_turns_it_off_with_one_sentence(
    tiny_model: Path, tmp_path: Path, told: list[str]
) -> None:
    network, tools, rows = parts(tiny_model)
    cache = PrefixCache(tmp_path / "states", 1000, told.append)
    assert prefix(cache, network, tools, rows) is None
    assert told == [
        "What the frozen part of the network says of the texts is not kept: it needs 1 GB, and "
        "train.cache_gigabytes allows 1e-06."
    ]
    assert list(cache.folder.iterdir()) == []
    # What is needed in any case is computed and held in memory.
    assert pooled(cache, network, tools, rows).values.shape == (60, 32)


def test_a_folder_that_cannot_be_written_turns_it_off(
    tiny_model: Path, tmp_path: Path, told: list[str]
) -> None:
    network, tools, rows = parts(tiny_model)
    (tmp_path / "file").write_text("")
    cache = PrefixCache(tmp_path / "file" / "states", 10**9, told.append)
    assert prefix(cache, network, tools, rows) is None
    assert len(told) == 1
    assert "is not kept" in told[0]


def test_who_comes_second_takes_what_the_first_has_written(
    tiny_model: Path, cache: PrefixCache, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, tools, rows = parts(tiny_model)
    plain = PrefixCache._write

    def overtaken(self: PrefixCache, *arguments: object) -> None:
        plain(self, *arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(PrefixCache, "_write", plain)
        other = prefix(cache, network, tools, rows)  # as another process, meanwhile
        assert other is not None
        (folder,) = (path for path in cache.folder.iterdir() if not path.name.startswith("."))
        (folder / "about.json").write_text(json.dumps({"seconds": 77.0}))

    monkeypatch.setattr(PrefixCache, "_write", overtaken)
    monkeypatch.setattr(os, "getpid", iter(range(100, 200)).__next__)
    states = prefix(cache, network, tools, rows)
    assert states is not None
    assert states.seconds == 77.0
    assert len(list(cache.folder.iterdir())) == 1
    assert told == []


def test_a_network_that_cannot_leave_blocks_out_says_so(
    tiny_model: Path, cache: PrefixCache, told: list[str]
) -> None:
    network, tools, rows = parts(tiny_model)
    blocks, seen = network.anatomy.blocks, []
    blocks[0].register_forward_hook(lambda _m, _i, out: seen.append(out))
    blocks[2].register_forward_hook(lambda _m, _i, out: out + seen[-1])
    assert prefix(cache, network, tools, rows) is None
    assert told == [
        "The frozen blocks of BertModel are computed for every batch: leaving them out is not exact."
    ]


def test_pairs_of_the_same_tokens_that_are_divided_elsewhere_are_kept_apart(
    tiny_model: Path, cache: PrefixCache
) -> None:
    network, tools, rows = parts(tiny_model, 1)
    tools.tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    pairs = [Paired(rows[0].ids, (1.0, 0.0, 0.0), second=second) for second in (1, 3)]
    with torch.no_grad():
        said = network.eval().pooled(**collate_texts(pairs, tools).inputs)
    assert not torch.allclose(said[0], said[1], atol=1e-4)
    torch.testing.assert_close(pooled(cache, network, tools, pairs).of(pairs), said, rtol=1e-4, atol=1e-5)
    kept = prefix(cache, network, tools, pairs)
    assert kept is not None
    first, second = kept.of(pairs).split(len(rows[0].ids))
    assert not torch.allclose(first, second, atol=1e-4)
