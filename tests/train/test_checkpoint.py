from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import torch

from afina.errors import CheckpointError
from afina.train.checkpoint import Checkpoints


def tensors(step: int) -> dict[str, torch.Tensor]:
    return {"a": torch.full((3, 4), float(step)), "b": torch.arange(5) + step}


@pytest.fixture
def warned() -> list[str]:
    return []


@pytest.fixture
def checkpoints(tmp_path: Path, warned: list[str]) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", "run-1", warned.append)


def save(checkpoints: Checkpoints, step: int, keep: set[int] = frozenset()) -> Path:  # type: ignore[assignment]
    return checkpoints.save(step, tensors(step), {"a/step": torch.tensor(1.0)}, {"step": step}, set(keep))


def test_what_is_saved_is_loaded(checkpoints: Checkpoints) -> None:
    assert checkpoints.newest() is None
    save(checkpoints, 7)
    found = checkpoints.newest()
    assert found is not None
    assert found.state == {"step": 7}
    assert all(torch.equal(found.weights[name], value) for name, value in tensors(7).items())
    assert found.optimizer["a/step"] == 1.0


def test_keeps_the_newest_and_what_it_is_told_to(checkpoints: Checkpoints) -> None:
    for step, keep in ((10, set()), (20, {10}), (30, {10}), (40, {30})):
        save(checkpoints, step, keep)
    assert sorted(path.name for path in checkpoints.folder.iterdir()) == ["step-00000030", "step-00000040"]


def test_leftovers_of_a_killed_save_are_swept_and_never_read(checkpoints: Checkpoints) -> None:
    save(checkpoints, 1)
    aside = checkpoints.folder / ".tmp-2-999"
    aside.mkdir()
    (aside / "weights.safetensors").write_bytes(b"half")
    assert checkpoints.newest().state == {"step": 1}  # type: ignore[union-attr]
    save(checkpoints, 3)
    assert not aside.exists()


@pytest.mark.parametrize("seed", range(40))
def test_any_damage_is_noticed_and_the_one_before_is_used(
    checkpoints: Checkpoints, warned: list[str], seed: int
) -> None:
    draw = random.Random(seed)
    save(checkpoints, 1)
    newest = save(checkpoints, 2, {1})
    victim = draw.choice(sorted(newest.iterdir()))
    content = bytearray(victim.read_bytes())
    how = draw.choice(["flip", "cut", "zero", "grow", "remove"])
    if how == "flip":
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    elif how == "cut":
        del content[draw.randrange(len(content)) :]
    elif how == "zero":
        content[:] = bytes(len(content))
    elif how == "grow":
        content += b"more"
    victim.write_bytes(content)
    if how == "remove":
        victim.unlink()
    try:
        found = checkpoints.newest()
    except CheckpointError as error:
        # A flip inside the identity: the whole checkpoint then claims to be another run's.
        assert victim.name == "MANIFEST.json"
        assert "other settings" in str(error)
        return
    assert found is not None
    if found.state["step"] == 2:
        # Only a change of white space or of an unread number in the manifest can be harmless.
        assert victim.name == "MANIFEST.json"
        assert torch.equal(found.weights["a"], tensors(2)["a"])
    else:
        assert len(warned) == 1
        assert "step-00000002" in warned[0]


def test_none_whole_is_an_error(checkpoints: Checkpoints) -> None:
    path = save(checkpoints, 1)
    os.truncate(path / "optimizer.safetensors", 3)
    with pytest.raises(CheckpointError, match="no checkpoint of this run can be trusted"):
        checkpoints.newest()


def test_a_checkpoint_of_another_run_is_refused(checkpoints: Checkpoints) -> None:
    save(checkpoints, 1)
    with pytest.raises(CheckpointError, match="other settings"):
        Checkpoints(checkpoints.folder, "run-2", print).newest()
