"""Recipes tried by Ray: several at once on this machine, or on those of a cluster.

Every machine needs Afina, and the data and the sweep's folder at the same paths, as on a shared disk: what
happens in a training is read from its events, and a file beside them asks it to stop.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import warnings
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch

from ..errors import AfinaError, InputError, Problem, RunError, StoreError, reason_of
from ..language import _, current, speak
from ..models.probe import physical_cores
from ..recipe.recipe import Recipe
from ..train.log import Event, Listener, ignore
from ..train.stop import Stop
from .attempt import Attempt, attempt
from .runner import Runner

__all__ = ["OnRay"]

#: Seconds between two looks at what the workers do.
EVERY = 0.2
#: How often an attempt is begun again whose worker was lost. It goes on from its last checkpoint.
RETRIES = 3
#: The file that asks a worker to give its attempt up.
GIVE_UP = "give-up"
#: Where Ray listens for those who join a cluster from outside, unless it was told another port.
PORT = 10001
#: Seconds that a cluster has to answer.
PATIENCE = 10.0


@dataclass(frozen=True)
class _Refused:
    """An error as values, as exceptions with problems cannot be pickled whole."""

    kind: type[AfinaError]
    problems: tuple[Problem, ...]


@dataclass
class _Task:
    """An attempt that a worker has, as the driver sees it."""

    folder: Path
    listen: Listener
    stop: Stop
    read: int
    """Bytes of its events that were passed on."""
    future: Future[Attempt] = field(default_factory=Future)

    def follow(self) -> None:
        """Passes on what happened, and asks it to stop when it is to be given up."""
        with suppress(FileNotFoundError), (self.folder / "events.jsonl").open("rb") as file:
            file.seek(self.read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self.read += len(line)
                try:
                    told = json.loads(line)
                except ValueError:  # it was cut when its writer was lost
                    continue
                self.listen(Event(told["kind"], told))
            if self.stop.requested:
                (self.folder / GIVE_UP).touch()


class OnRay(Runner):
    """One task of Ray an attempt, with a GPU where the machines have any, else with one core.

    An attempt computes with the cores that fall to it, whatever the machine has.

    Args:
        address: ``ray://host:port`` of a cluster; None for one on this machine that ends with the sweep.

    Raises InputError where Ray is not installed or cannot be reached.
    """

    def __init__(self, address: str | None = None) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is sent anywhere
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError:
            raise InputError(
                _("'{option}' needs the package '{name}', which is not installed.").format(
                    option="--on ray", name="ray"
                ),
                fix=_("Install it with: {command}").format(command="pip install 'afina[ray]'"),
            ) from None
        self._ray: Any = ray
        self._own = address is not None or not ray.is_initialized()
        if self._own:
            _join(ray, address)
        resources = ray.cluster_resources()
        gpus, cores = int(resources.get("GPU", 0)), int(resources.get("CPU", 1))
        self.workers = max(1, gpus or cores)
        self._threads = max(1, cores // self.workers)
        self._memory = max(int(node["Resources"].get("memory", 0)) for node in ray.nodes())
        needs = {"num_gpus": 1} if gpus else {"num_cpus": 1}
        self._attempted = ray.remote(max_retries=RETRIES, **needs)(_attempted)
        self._tasks: dict[Any, _Task] = {}
        self._closed = threading.Event()
        context = copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._follow,), daemon=True)
        self._thread.start()

    def submit(
        self, recipe: Recipe, folder: Path, *, at_work: bool = False, listen: Listener = ignore,
        stop: Stop | None = None, memory: int = 0,
    ) -> Future[Attempt]:  # fmt: skip
        folder = folder.resolve()
        (folder / GIVE_UP).unlink(missing_ok=True)
        events = folder / "events.jsonl"
        task = _Task(folder, listen, stop or Stop(), events.stat().st_size if events.exists() else 0)
        # What no machine has would be waited for without end.
        attempted = self._attempted.options(memory=min(memory, self._memory) or None)
        self._tasks[attempted.remote(recipe, folder, at_work, Path.cwd(), current(), self._threads)] = task
        return task.future

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        with suppress(ConnectionError):
            for reference in self._tasks:
                self._ray.cancel(reference, force=True)
        if self._own:
            self._ray.shutdown()

    def _follow(self) -> None:
        """Follows every task, and resolves the futures of those that ended."""
        while not self._closed.wait(EVERY):
            for reference, task in list(self._tasks.items()):
                try:
                    if self._ended(reference, task):
                        del self._tasks[reference]
                except Exception as error:  # nobody waits for this thread, but somebody for the attempt
                    del self._tasks[reference]
                    lost = isinstance(error, ConnectionError)
                    fix = _("Continue with --resume.")
                    task.future.set_exception(_unreached(error, fix) if lost else error)

    def _ended(self, reference: Any, task: _Task) -> bool:
        """Whether a task has an end, which its future tells then."""
        ended, _running = self._ray.wait([reference], timeout=0)
        task.follow()
        if not ended:
            return False
        (task.folder / GIVE_UP).unlink(missing_ok=True)
        try:
            found = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            why = reason_of(error).rstrip(".")
            raise RunError(_("a worker of Ray was lost: {why}.").format(why=why)) from None
        if isinstance(found, _Refused):
            raise found.kind(found.problems)
        task.future.set_result(found)
        return True


def _join(ray: Any, address: str | None) -> None:
    """Starts Ray on this machine, or joins a cluster. Raises InputError."""
    fix = ""
    try:
        if address is None:
            ray.init("local", num_cpus=physical_cores(), include_dashboard=False, log_to_driver=False,
                     logging_level="ERROR")  # fmt: skip
            return
        # By itself, Ray tries for minutes.
        place = urlsplit(address)
        socket.create_connection((place.hostname or "", place.port or PORT), PATIENCE).close()
        fix = _("It needs the same version of Ray, and RAY_AUTH_MODE=token where Ray has a token there.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what it warns of is an error at once
            ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        raise _unreached(error, fix) from None


def _unreached(error: Exception, fix: str) -> InputError:
    why = reason_of(error).rstrip(".")
    return InputError(_("Ray cannot be reached: {why}.").format(why=why), where="--on", fix=fix)


def _attempted(
    recipe: Recipe, folder: Path, at_work: bool, home: Path, language: str, threads: int
) -> Attempt | _Refused:
    """What a worker does."""
    speak(language)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    torch.set_num_threads(threads)
    stop = Stop()

    def watch(event: Event) -> None:
        if event.kind in ("progress", "evaluation") and (folder / GIVE_UP).exists():
            stop.request()

    try:
        if not home.is_dir() or not folder.parent.is_dir():
            raise StoreError(
                _("there is no such folder on this machine."),
                where=str(folder.parent if home.is_dir() else home),
                fix=_("Put the data and the folder of the sweep on a disk that all machines share."),
            )
        os.chdir(home)
        return attempt(recipe, folder, at_work=at_work, listen=watch, stop=stop)
    except AfinaError as error:
        return _Refused(type(error), error.problems)
