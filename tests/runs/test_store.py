from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from afina.errors import StoreError
from afina.recipe.recipe import Recipe
from afina.runs import index
from afina.runs.store import RunFolder, disk_told, find, placed, run_name, stored_recipe
from afina.runs.store import opened as opened_at
from afina.train.log import Event


@contextmanager
def opened(made: Recipe, out: Path | None, resume: bool) -> Iterator[RunFolder]:
    """As a run does it: a place first, then the folder."""
    run = RunFolder(placed(made, out, resume))
    with opened_at(run, made, resume):
        yield run


def recipe(**values: object) -> Recipe:
    return Recipe.of({"data": "some/reseñas 2024.csv", **values})


def test_the_folder_and_its_files_appear_when_there_is_something_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "a"
    with opened(recipe(), folder, resume=False) as run:
        assert {path.name for path in folder.iterdir()} == {"recipe.json", "events.jsonl", ".lock"}
        run.record(Event("note", {"text": "sí"}))
        run.write_json("report.json", {"primary_metric": "macro_f1", "test": {"macro_f1": {"value": 0.5}}})
    assert {path.name for path in folder.iterdir()} == {"recipe.json", "events.jsonl", "report.json"}
    assert json.loads((folder / "events.jsonl").read_text(encoding="utf-8"))["text"] == "sí"
    assert stored_recipe(folder) == recipe()


def test_names_come_from_the_data_and_are_not_taken_twice() -> None:
    assert run_name(recipe()) == "reseñas-2024-full"
    assert run_name(recipe(name="mine")) == "mine"
    folders = []
    for _ in range(3):
        with opened(recipe(), None, resume=False) as run:
            folders.append(str(run.folder))
    assert folders == ["runs/reseñas-2024-full", "runs/reseñas-2024-full-2", "runs/reseñas-2024-full-3"]


def test_resuming_finds_the_unfinished_run_of_the_same_recipe() -> None:
    with opened(recipe(), None, resume=False) as run:
        run.write("report.json", '{"primary_metric": "m", "test": {"m": {"value": 1}}}')
    with opened(recipe(), None, resume=False):
        pass
    with opened(recipe(seed=9), None, resume=False):
        pass
    with opened(recipe(), None, resume=True) as run:
        assert run.folder.name == "reseñas-2024-full-2"


def test_a_taken_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("months of work")
    with pytest.raises(StoreError, match="not empty"), opened(recipe(), tmp_path, resume=False):
        pass
    with pytest.raises(StoreError, match="does not hold a run"), opened(recipe(), tmp_path, resume=True):
        pass
    assert (tmp_path / "thesis.docx").read_text() == "months of work"
    with pytest.raises(StoreError, match="a file, not a folder"):
        with opened(recipe(), tmp_path / "thesis.docx", resume=False):
            pass


def test_resuming_with_other_settings_names_them(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with opened(recipe(), folder, resume=False):
        pass
    other = recipe(seed=3, train={"batch": 4}, language="es")
    with pytest.raises(StoreError, match=r"other settings: seed, train\.batch"):
        with opened(other, folder, resume=True):
            pass
    with opened(recipe(language="es", name="other"), folder, resume=True):
        pass  # neither changes a number


def test_one_process_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with opened(recipe(), folder, resume=False):
        with pytest.raises(StoreError, match="another process is working on this run"):
            with opened(recipe(), folder, resume=True):
                pass


def test_the_index_can_be_read_by_another_process_while_this_one_writes(tmp_path: Path) -> None:
    script = (
        "import json; from afina.runs import index; print(json.dumps([r['state'] for r in index.rows()]))"
    )
    with opened(recipe(), tmp_path / "a", resume=False):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ), check=True
        )
        assert json.loads(done.stdout) == ["running"]
    with pytest.raises(ValueError, match="no"), opened(recipe(), tmp_path / "b", resume=False):
        raise ValueError("no")
    assert {row["name"]: row["state"] for row in index.rows()} == {"a": "done", "b": "failed"}


def test_runs_are_found_by_path_and_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "somewhere" / "mine"
    with opened(recipe(), folder, resume=False):
        pass
    assert find(folder) == folder
    assert find("mine") == folder
    with pytest.raises(StoreError, match="there is no run nothing"):
        find("nothing")


def test_a_full_disk_and_a_folder_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no space left"), disk_told(tmp_path):
        with open("/dev/full", "w") as file:
            file.write("x" * 100_000)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        with opened(recipe(), tmp_path / "file" / "run", resume=False):
            pass
