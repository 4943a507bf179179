"""Fine-tune pretrained models on your own data, and prove what it was worth.

>>> import afina
>>> result = afina.train("reviews.csv")            # doctest: +SKIP
>>> afina.load(result.run).predict(["I love it"])  # doctest: +SKIP
[{'label': 'positive', 'probability': 0.98, 'probabilities': {...}}]

Importing this loads no torch: each function imports what it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .errors import (
    AfinaError,
    CheckpointError,
    DataError,
    InputError,
    Interrupted,
    ModelError,
    Problem,
    RecipeError,
    RunError,
    StoreError,
)

if TYPE_CHECKING:
    from .decide.find_rate import Found
    from .decide.ladder import Ladder
    from .decide.sweep import Swept
    from .decide.trials import Prune
    from .recipe.recipe import Recipe
    from .run import Result
    from .ship.chat import Chat
    from .ship.shipped import Shipped
    from .train.log import Listener

    Source = str | Path | Mapping[str, Any]

__all__ = [
    "AfinaError",
    "CheckpointError",
    "DataError",
    "InputError",
    "Interrupted",
    "ModelError",
    "Problem",
    "RecipeError",
    "RunError",
    "StoreError",
    "__version__",
    "chat",
    "check",
    "combine",
    "demo",
    "evaluate",
    "find_rate",
    "ladder",
    "load",
    "look",
    "predict",
    "sweep",
    "train",
    "weak",
]

__version__ = "0.1.0"


def train(
    data: Source,
    *,
    task: str | None = None,
    model: str | None = None,
    adapt: str | None = None,
    test: str | Path | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    listen: Listener | None = None,
) -> Result:
    """Trains, measures and keeps a model.

    Args:
        data: a table or folder of labelled texts, a recipe's file, or a recipe's settings as a dict.
        task: what the model is for; ``classify`` when left out.
        model: a name of the catalogue, a folder or a hub id.
        adapt: which weights may change: ``full``, ``features``, ``top_blocks`` …
        test: a file of labelled rows kept for the final measurement.
        seed: the same seed gives the same result on the same machine.
        settings: any others by their path, ``{"train.epochs": 2}``; see docs/settings.md.
        out: the run's folder; a new one under ``runs/`` when left out.
        resume: continue an interrupted run.
        listen: called with every event of the run.

    Returns:
        ``run``, the folder, and ``report``, the numbers of report.json.

    Raises:
        InputError: the data, a setting, the model or the folder is wrong.
        RunError: the run failed.
        Interrupted: stopped by Ctrl-C; what was trained is saved.
    """
    from .run import run
    from .train.log import ignore

    recipe = _recipe(data, task=task, model=model, adapt=adapt, test=test, seed=seed, settings=settings)
    return run(recipe, out=None if out is None else Path(out), resume=resume, listen=listen or ignore)


def chat(
    model: str,
    *,
    system: str | None = None,
    seed: int = 0,
    **answers: Any,
) -> Chat:
    """A conversation with a language model; ``chat("smollm2-135m").ask("Hello")`` gives its answer.

    Args:
        model: a run, a name of the catalogue, a folder, a GGUF file or a hub id.
        system: what the model is told before everything else; None for what a run was trained with.
        seed: the same seed draws the same answers.
        answers: ``max_tokens``, ``temperature``, ``top_p`` and ``stop``, as in ``task.answers`` of a recipe.

    Raises:
        ModelError: the model cannot be found, is damaged, or does not generate text.
        RecipeError: there is no such way of generating.
    """
    from .ship.chat import Chat

    return Chat(model, system=system, seed=seed, **answers)


def check(
    data: Source,
    *,
    task: str | None = None,
    model: str | None = None,
    adapt: str | None = None,
    test: str | Path | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Audits the data and plans the training without doing it; arguments as for :func:`train`.

    Returns:
        ``rows``, ``labels``, ``notes``, ``audit`` (findings) and ``plan`` (steps, tokens, seconds, memory);
        ``before`` holds the plans of the trainings that come first.
    """
    from .run import check
    from .train.log import ignore

    recipe = _recipe(data, task=task, model=model, adapt=adapt, test=test, seed=seed, settings=settings)
    return check(recipe, listen=ignore)


def combine(
    kind: str,
    runs: Sequence[str | Path],
    *,
    settings: Mapping[str, Any] | None = None,
    also: Sequence[str | Path] = (),
    out: str | Path | None = None,
) -> Result:
    """Makes one model of finished runs by combining their weights.

    Args:
        kind: the way: ``interpolate``, ``soup``, ``arithmetic``, ``ties``, ``dare`` or ``slerp``.
        runs: finished runs, by path or by name, tuned from one and the same model.
        settings: of the way, such as ``{"alphas": [0, 0.5, 1]}``.
        also: labelled files of other kinds of texts that every trial is measured on too.
        out: the folder of the new run; None for one under ``runs/``.

    Returns:
        ``run`` (its folder) and ``report``, as of :func:`train`.

    Raises:
        InputError: a run, setting or file is wrong, or the networks do not have the same architecture.
    """
    from .combination import combine

    return combine(kind, runs, settings=settings, also=also, out=None if out is None else Path(out))


def weak(
    data: Source, rules: str | Path | None = None, *, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What labelling functions say of the rows without a label; nothing is trained.

    Args:
        data: rows, or a recipe's file or settings.
        rules: the YAML file of the functions; a recipe may hold them itself.
        settings: any others by their path.

    Returns:
        ``rows``, how many are ``covered``, the ``balance`` of the labels, and ``functions``: coverage,
        overlaps, conflicts, and how often each is right.

    Raises:
        InputError: the data, a function or a setting is wrong.
    """
    from .run import weak

    given = {**({"data.weak": str(rules)} if rules is not None else {}), **(settings or {})}
    return weak(_recipe(data, settings=given)).plain()


def ladder(
    data: Source,
    *,
    task: str | None = None,
    model: str | None = None,
    test: str | Path | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    rules: Mapping[str, Any] | None = None,
    on_test: bool = True,
    on: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    listen: Listener | None = None,
) -> Ladder:
    """Says whether fine-tuning is worth it; arguments as for :func:`train`.

    Args:
        rules: ``least_gain``, ``budget`` (seconds), ``refresh_days``, ``label_seconds``, ``upkeep``.
        on_test: whether the test rows confirm the choice, once.
        on: as for :func:`sweep`.

    Returns:
        ``folder``, and ``told``: ``fine_tune``, ``choice``, ``reason``, ``rungs`` and the rest of
        ladder.json.

    Raises:
        InputError: the data, a setting, the model or the folder is wrong.
        RunError: a training failed.
        Interrupted: stopped by Ctrl-C; what was done is kept.
    """
    from .decide.ladder import ladder
    from .decide.rules import Rules
    from .decide.runner import runner_of
    from .train.log import ignore

    recipe = _recipe(data, task=task, model=model, test=test, seed=seed, settings=settings)
    return ladder(
        recipe, Rules.of(rules or {}), out=None if out is None else Path(out), resume=resume, on_test=on_test,
        runner=runner_of(on), listen=listen or ignore,
    )  # fmt: skip


def look(
    data: Source, count: int = 5, *, model: str | None = None, settings: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Rows as the model sees them: ``where``, clean ``text``, ``label``, ``tokens``, ``ids``, ``cut``."""
    from .run import look

    return look(_recipe(data, model=model, settings=settings), count)


def load(run: str | Path) -> Shipped:
    """The model of a run (its folder or its name), ready to ``predict``. Raises ModelError or StoreError."""
    from .runs.store import find_model
    from .ship.artifact import load

    return load(find_model(run))


def predict(run: str | Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """One answer a text: ``label``, ``probability``, ``probabilities``. :func:`load` once to ask often."""
    return load(run).predict(texts)


def evaluate(run: str | Path, data: str | Path) -> dict[str, Any]:
    """The model of a run, measured on other labelled texts."""
    from .run import evaluate

    return evaluate(run, data)


def sweep(
    data: Source,
    *,
    over: Mapping[str, Any] | None = None,
    trials: int = 20,
    prune: Prune = "median",
    on: str | None = None,
    task: str | None = None,
    model: str | None = None,
    adapt: str | None = None,
    test: str | Path | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    listen: Listener | None = None,
) -> Swept:
    """Tries recipes on the development rows, and makes a run of the best one.

    Args:
        over: what is searched: path of a setting -> a range ``(1e-5, 1e-3)`` or values ``[4, 8, 16]``; the
            learning rate and the epochs when left out.
        trials: recipes that are tried at most, the one of the other arguments included.
        prune: how those that fall behind are given up: ``median``, ``hyperband`` or ``none``.
        on: ``ray`` or ``ray://address`` for several at once; one after the other here when left out.
        out: the sweep's folder; a new one under ``runs/`` when left out.
        resume: continue an interrupted sweep.

    The other arguments are those of :func:`train`, which give the recipe that the others are compared with.

    Returns:
        ``folder``, ``report`` (the numbers of sweep.json) and ``run``, that of the best recipe.
    """
    from .decide.runner import runner_of
    from .decide.sweep import sweep
    from .train.log import ignore

    recipe = _recipe(data, task=task, model=model, adapt=adapt, test=test, seed=seed, settings=settings)
    return sweep(
        recipe, over, trials=trials, prune=prune, runner=runner_of(on),
        out=None if out is None else Path(out), resume=resume, listen=listen or ignore,
    )  # fmt: skip


def find_rate(
    data: Source,
    *,
    task: str | None = None,
    model: str | None = None,
    adapt: str | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Found:
    """Suggests a learning rate from a hundred steps on the training rows; arguments as for :func:`train`.

    Returns:
        ``suggested``, and what it comes from: ``rates`` and smoothed ``losses``.
    """
    from .decide.find_rate import find_rate

    return find_rate(_recipe(data, task=task, model=model, adapt=adapt, seed=seed, settings=settings))


def demo(*, out: str | Path | None = None, seed: int = 0) -> Result:
    """Trains on product reviews and compares with cheaper ways; takes a few minutes."""
    from .demo import demo

    return demo(out=None if out is None else Path(out), seed=seed)


def _recipe(data: Source, *, settings: Mapping[str, Any] | None, **options: Any) -> Recipe:
    from .recipe.load import Override, recipe_from

    if "test" in options and options["test"] is not None:
        options["test"] = str(options["test"])
    paths = {"test": "data.test"}
    given = [Override(paths.get(name, name), value) for name, value in options.items() if value is not None]
    return recipe_from(data, [*given, *(Override(path, value) for path, value in (settings or {}).items())])


class _Package(ModuleType):
    """``afina.train``, ``afina.evaluate`` and ``afina.demo`` stay the functions: importing a module of the
    same name would put the module there."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in __all__):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
