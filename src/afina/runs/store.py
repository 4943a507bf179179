"""A run's folder: made when there is something to put in it, written by one process at a time.

::

    runs/<name>/
      recipe.json     every setting, resolved      events.jsonl   one line an event, for machines
      report.json     every number of the report   report.html    one self-contained page
      checkpoints/    while training               model/         the artifact
"""

from __future__ import annotations

import errno
import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from safetensors import SafetensorError

from ..data.whole import whole
from ..errors import DISK_FULL, StoreError, reason_of
from ..language import _
from ..recipe.recipe import Recipe
from ..train.log import Event
from . import index

__all__ = [
    "HOME", "RunFolder", "disk_told", "find", "find_model", "locked", "opened", "placed", "run_name",
    "stored_recipe",
]  # fmt: skip

#: Where runs go when no folder is named.
HOME = Path("runs")


class RunFolder:
    """A run's folder, on the disk from :func:`opened` on; what is recorded before is written then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoints = folder / "checkpoints"
        self.model = folder / "model"
        self._events: IO[str] | None = None
        self._early: list[str] = []

    @property
    def report(self) -> dict[str, Any] | None:
        """The report of a run that is finished, else None. Raises StoreError when it cannot be read."""
        path = self.folder / "report.json"
        try:
            report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise StoreError(_("this report cannot be read."), where=str(path)) from None
        return report

    def write(self, name: str, text: str) -> Path:
        """Writes a file, which appears when it is whole."""
        path = self.folder / name
        with whole(path) as file:
            file.write(text)
        return path

    def write_json(self, name: str, value: object) -> Path:
        return self.write(name, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")

    def record(self, event: Event) -> None:
        """Adds a line to events.jsonl."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": stamp, "kind": event.kind, **event.data}, ensure_ascii=False, default=str)
        if self._events is None:
            self._early.append(line + "\n")
        else:
            self._events.write(line + "\n")
            self._events.flush()

    def open(self) -> None:
        """Begins to write events."""
        self._events = (self.folder / "events.jsonl").open("a", encoding="utf-8")
        self._events.writelines(self._early)
        self._events.flush()

    def close(self) -> None:
        if self._events is not None:
            self._events.close()
            self._events = None


def placed(recipe: Recipe, out: Path | None, resume: bool) -> Path:
    """Where a run goes. Nothing is made yet.

    Args:
        out: the run's folder; None for a new one under ``runs/``, or, when resuming, the newest unfinished
            run there of the same recipe.

    Raises:
        StoreError: the folder is taken, or (when resuming) holds a run of another recipe.
    """
    folder = out if out is not None else _own_folder(recipe, resume)
    with disk_told(folder):
        _check_free(folder, recipe, resume)
    return folder


@contextmanager
def opened(run: RunFolder, recipe: Recipe, resume: bool, *, ends: str = "done") -> Iterator[None]:
    """Makes the folder if need be, and locks it for this process until the end of the block.

    Args:
        ends: the state of the run when the block has ended well: ``done``, or ``tried``.

    Raises:
        StoreError: the folder cannot be written, was taken meanwhile, or is in use; also when the disk fills
            up inside the block.
    """
    folder = run.folder
    with disk_told(folder):
        _check_free(folder, recipe, resume)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            run.open()
            run.write_json("recipe.json", recipe.plain())
            index.put(folder, recipe, "running")
            try:
                yield
            except BaseException as error:
                interrupted = isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", 3) == 130
                index.put(folder, recipe, "interrupted" if interrupted else "failed")
                raise
            finally:
                run.close()
            index.put(folder, recipe, ends, run.report)


@contextmanager
def disk_told(folder: Path) -> Iterator[None]:
    """Turns what the operating system says of a disk into a sentence. Raises StoreError."""
    full = StoreError(
        _("there is no space left on the disk."),
        where=str(folder),
        fix=_("Free some space, then continue with --resume."),
    )
    try:
        yield
    except SafetensorError as error:
        # It tells the operating system's number in its text only.
        if any(f"os error {number}" in str(error) for number in DISK_FULL):
            raise full from None
        raise
    except OSError as error:
        if error.errno in DISK_FULL:
            raise full from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise StoreError(
                _("this folder cannot be written: {why}.").format(why=reason_of(error)),
                where=str(error.filename or folder),
                fix=_("Choose another folder with --out."),
            ) from None
        raise


def find(name: str | Path) -> Path:
    """The folder of a run, by path or by name. Raises StoreError."""
    path = Path(name)
    for candidate in (path, HOME / path):
        if (candidate / "recipe.json").exists():
            return candidate
    known = {row["name"]: Path(row["folder"]) for row in reversed(index.rows())}
    if str(name) in known:
        return known[str(name)]
    raise StoreError(
        _("there is no run {name}.").format(name=name),
        fix=_("'afina list runs' shows those there are."),
    )


def find_model(name: str | Path) -> Path:
    """The folder of a model: a model folder by itself, or that of a run as :func:`find` finds it."""
    path = Path(name)
    return path if (path / "afina.json").exists() else find(name)


def stored_recipe(folder: Path) -> Recipe:
    """What a run was made from. Raises RecipeError where another version of Afina wrote it."""
    return Recipe.of(json.loads((folder / "recipe.json").read_text(encoding="utf-8")))


def run_name(recipe: Recipe) -> str:
    """``reviews-full``: what the run is called when it is not named."""
    if recipe.name:
        return recipe.name
    stem = Path(recipe.data.path or "data").resolve().stem
    plain = re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "data"
    return f"{plain[:40]}-{recipe.adapt.kind}"


def _own_folder(recipe: Recipe, resume: bool) -> Path:
    name = run_name(recipe)
    taken = [HOME / name]
    while taken[-1].exists():
        taken.append(HOME / f"{name}-{len(taken) + 1}")
    if resume:
        for folder in reversed(taken[:-1]):
            if not (folder / "report.json").exists() and _differences(folder, recipe) == []:
                return folder
    return taken[-1]


def _check_free(folder: Path, recipe: Recipe, resume: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError(
            _("this is a file, not a folder."), where=str(folder), fix=_("Choose another folder with --out.")
        )
    if not any(folder.iterdir()):
        return
    if not resume:
        raise StoreError(
            _("this folder is not empty, and nothing in it is overwritten."),
            where=str(folder),
            fix=_("Continue that run with --resume, or choose another folder with --out."),
        )
    different = _differences(folder, recipe)
    if different is None:
        raise StoreError(
            _("this folder does not hold a run."),
            where=str(folder),
            fix=_("Choose another folder with --out."),
        )
    if different:
        raise StoreError(
            _("the run in this folder was made with other settings: {settings}.").format(
                settings=", ".join(different[:5])
            ),
            where=str(folder),
            fix=_("Give the same settings to resume it, or choose another folder with --out."),
        )


def _differences(folder: Path, recipe: Recipe) -> list[str] | None:
    """Paths of the settings that differ from the recipe stored in ``folder``; None where none is stored."""
    try:
        stored = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # A run that was killed before its recipe was on the disk has nothing else there either.
        left = {path.name for path in folder.iterdir()}
        return [] if left <= {".lock", ".recipe.json.tmp", "events.jsonl"} else None
    return sorted(_unequal(stored, recipe.plain(), "") - Recipe.harmless)


def _unequal(a: object, b: object, path: str) -> set[str]:
    if isinstance(a, dict) and isinstance(b, dict):
        keys = a.keys() | b.keys()
        inner = (_unequal(a.get(key), b.get(key), f"{path}.{key}" if path else str(key)) for key in keys)
        return set().union(*inner)
    return {path} if a != b else set()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer a folder. The lock goes with the process, however it ends."""
    path = folder / ".lock"
    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(
                _("another process is working on this run."),
                where=str(folder),
                fix=_("Wait until it ends, or choose another folder with --out."),
            ) from None
        yield
        path.unlink(missing_ok=True)
