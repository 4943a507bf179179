"""The memory of a training: counted, extrapolated, and compared with what is free."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

import talkers
from afina.errors import RunError
from afina.recipe import memory as module
from afina.recipe.memory import check_memory, memory
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.train.fit import Job, epoch_steps
from afina.train.runtime import Runtime


def job_of(**values: Any) -> Job:
    return next(Prepared(Recipe.of(values)).trainings()).job


@pytest.fixture(params=["full", "lora", "top_blocks"])
def classifier(request: pytest.FixtureRequest, tiny_model: Path, small_table: Path) -> Job:
    adapt = {"kind": "top_blocks", "blocks": 1} if request.param == "top_blocks" else request.param
    train = {"cache_gigabytes": 0}
    return job_of(data=str(small_table), model=str(tiny_model), adapt=adapt, train=train)


@pytest.fixture
def talker(tmp_path: Path) -> Job:
    path = tmp_path / "texts.txt"
    draw = random.Random(0)
    lines = ["".join(draw.choices("abcdefgh ", k=12)) for _line in range(60)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    model = str(talkers.write(tmp_path / "talker"))
    train = {"batch": 1}  # so that the weights take more than the activations
    return job_of(data=str(path), model=model, task={"kind": "generate"}, adapt="full", train=train)


def longest(job: Job) -> list[int]:
    steps = epoch_steps(job.settings, job.objective, job.train, job.seed, 0)
    return max((g for step in steps for g in step), key=lambda g: len(g) * job.train.lengths[g[0]])


def test_what_all_rows_keep_follows_from_one_and_two(classifier: Job) -> None:
    group = longest(classifier)
    assert len(group) > 4
    alike = [group[0]] * len(group)
    every = module._counted(classifier, alike, len(group))
    found = memory(classifier)
    assert found.activations == every.bytes > 0
    assert found.holes == round(every.left / 2)


def test_full_fine_tuning_keeps_two_moments_of_all_that_learns(classifier: Job) -> None:
    found = memory(classifier)
    learning = sum(p.numel() for p in classifier.adapted.trainable().values())
    # Embeddings of tokens that stand in no row learn nothing.
    assert 0 < found.moments <= 8 * learning
    assert found.low <= found.expected <= found.high
    assert found.expected >= found.process


def test_a_language_model_has_scores_and_the_gradient_of_its_head(talker: Job) -> None:
    found, network = memory(talker), talker.adapted.network
    assert found.passing > 4 * 2 * network.head.out_features
    assert found.gradients >= 4 * network.head.weight.numel()


def test_what_cannot_fit_stops_and_what_would_fit_is_told(
    talker: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, told = memory(talker), []
    monkeypatch.setattr(Runtime, "free_bytes", lambda: 0)
    with pytest.raises(RunError, match=r"more memory, and 0.B are free\. Cut texts shorter"):
        check_memory(talker, told.append)
    assert found.gradients + found.moments > 0.3 * found.more
    monkeypatch.setattr(Runtime, "free_bytes", lambda: int(0.9 * found.more))
    with pytest.raises(RunError, match="What would fit: adapt=lora, which takes about"):
        check_memory(talker, told.append)
    assert not told
    monkeypatch.setattr(Runtime, "free_bytes", lambda: found.more)
    check_memory(talker, told.append)
    assert "its longest rows are tried first" in told[0]
    assert all(p.grad is None for p in talker.adapted.network.parameters())
    monkeypatch.setattr(Runtime, "free_bytes", lambda: 2 * found.more)
    check_memory(talker, told.append)
    assert len(told) == 1
