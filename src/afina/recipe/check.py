"""Rules between sections. Each section checks its own settings; here is what they mean together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..adapt.features import Features
from ..data.load import Data, Dataset
from ..data.read import nearest
from ..errors import Problem, RecipeError
from ..evaluate.baselines import BASELINES
from ..evaluate.metrics import METRICS, TextMetric
from ..evaluate.prompts import PROMPTS
from ..evaluate.prompts.documents import Documents
from ..evaluate.settings import kind_of
from ..language import _
from ..objectives.binary_cross_entropy import BinaryCrossEntropy
from ..objectives.contrastive import Contrastive
from ..objectives.cross_entropy import CrossEntropy
from ..objectives.distill import Distill
from ..section import Section, near_miss, shown
from ..table import Table
from ..tasks import Task
from ..tasks.classify import Classify
from ..tasks.texts import TextTask
from ..track import TRACKERS
from .phase import Phase
from .recipe import Recipe

__all__ = ["check_recipe", "problems"]


def check_recipe(recipe: Recipe, dataset: Dataset) -> None:
    """Raises RecipeError with every setting that does not fit the others or the data."""
    found = [*problems(recipe), *_of_data(recipe, dataset)]
    if found:
        raise RecipeError(found)


def problems(recipe: Recipe) -> list[Problem]:
    """What can be told before the data are read."""
    return [
        *_data(recipe),
        *_audit(recipe),
        *_objectives(recipe, recipe.data.multi_label),
        *_baselines(recipe),
        *_trackers(recipe),
    ]


def _data(recipe: Recipe) -> Iterator[Problem]:
    data = recipe.data
    if data.path is None:
        yield Problem(
            _("there are no data."), "data.path", _("Give the file or folder that holds the labelled texts.")
        )
    yield from _weak(data, recipe.task, "data")
    defaults = type(data.split)()
    for name in ("dev", "test"):
        # A stored recipe names every setting, so only a changed one is a wish.
        if getattr(data, name) is not None and getattr(data.split, name) != getattr(defaults, name):
            yield Problem(
                _("nothing is set aside for {split}, as data.{split} names a file of its own.").format(
                    split=name
                ),
                f"data.split.{name}",
                _("Leave out one of the two settings."),
            )


def _audit(recipe: Recipe) -> Iterator[Problem]:
    for made in recipe.audit.made():
        yield from _files(made, f"audit.settings.{made.kind}")


def _files(section: Section, where: str) -> Iterator[Problem]:
    """Files that are not there."""
    for name in section.files:
        path = getattr(section, name)
        if path and not Path(path).exists():
            told = _("there is no file {path}.").format(path=shown(path))
            yield Problem(told, f"{where}.{name}", nearest(Path(path)))


def _weak(data: Data, task: Task, where: str) -> Iterator[Problem]:
    """Labelling functions."""
    if not data.weak.functions:
        return
    for name, function in data.weak.functions.items():
        yield from _files(function, f"{where}.weak.functions.{name}")
    if not isinstance(task, Classify):
        yield Problem(
            _("labelling functions are for the task 'classify', and this one is '{task}'.").format(
                task=task.kind
            ),
            f"{where}.weak.functions",
            _("Leave them out."),
        )
    elif data.multi_label:
        yield Problem(
            _("labelling functions give a row one label, and these rows may have several."),
            f"{where}.multi_label",
            _("Leave one of the two settings out."),
        )


def _objectives(recipe: Recipe, multi_label: bool | None) -> Iterator[Problem]:
    for number, phase in enumerate(recipe.before):
        yield from _own(recipe, phase, f"before.{number}")
        task = phase.task or recipe.task
        yield from _objective(task, phase, f"before.{number}.objective", multi_label)
        yield from _head(task, phase, f"before.{number}.adapt")
        if not phase.adapt.merges:
            yield Problem(
                _("what '{adapt}' learns stays beside the model, so no other training can follow.").format(
                    adapt=phase.adapt.kind
                ),
                f"before.{number}.adapt",
                _("Use 'lora' or 'full'."),
            )
        if phase.objective is not None and phase.objective.reads_vectors and phase.adapt.kind == "features":
            yield Problem(
                _("with 'features' only a head learns, and '{objective}' trains no head.").format(
                    objective=phase.objective.kind
                ),
                f"before.{number}.adapt",
                _("Use another method, such as 'full'."),
            )
    yield from _objective(recipe.task, recipe, "objective", multi_label)
    yield from _head(recipe.task, recipe, "adapt")
    yield from _teacher(recipe)
    if recipe.objective is not None and recipe.objective.reads_vectors:
        yield Problem(
            _("'{objective}' trains no head, so it cannot be the last training.").format(
                objective=recipe.objective.kind
            ),
            "objective",
            _("Give it to a training under 'before', and leave this setting out."),
        )


def _teacher(recipe: Recipe) -> Iterator[Problem]:
    """Rows are encoded once for all trainings on the same data, with what a teacher says or without."""
    objective = recipe.objective
    if isinstance(objective, Distill):
        if not objective.teacher:
            yield Problem(
                _("there is no teacher."), "objective.teacher", _("Give the folder of a finished run.")
            )
        if isinstance(recipe.adapt, Features) and recipe.adapt.head == "closed_form":
            yield Problem(
                _("a head that is found in one go learns from labels alone, not from a teacher."),
                "adapt.head",
                _("Set it to trained."),
            )
    for number, phase in enumerate(recipe.before):
        if phase.data is None and isinstance(phase.objective, Distill) != isinstance(objective, Distill):
            yield Problem(
                _("trainings on the same data have either all a teacher or none."),
                f"before.{number}.objective",
                _("Give the same objective to all of them."),
            )


def _own(recipe: Recipe, phase: Phase, where: str) -> Iterator[Problem]:
    """A training with data of its own."""
    if phase.data is None:
        if phase.task is not None:
            yield Problem(
                _("a task of its own needs data of its own."),
                f"{where}.task",
                _("Give the texts with {where}.data, or leave the task out.").format(where=where),
            )
        return
    task = phase.task or recipe.task
    yield from _weak(phase.data, task, f"{where}.data")
    if task.measured_by != "losses":
        yield Problem(
            _("a training with data of its own learns from texts without labels."),
            f"{where}.task",
            _("Set {where}.task to fill_mask, or to generate for a language model.").format(where=where),
        )
    elif recipe.head not in ("new", task.head):
        yield Problem(
            _("no model both fills gaps and goes on with texts."),
            f"{where}.task",
            _("Choose one of fill_mask and generate for the whole recipe."),
        )


def _head(task: Task, phase: Recipe | Phase, where: str) -> Iterator[Problem]:
    if task.head != "new" and phase.adapt.trains_head:
        yield Problem(
            _("'{adapt}' trains a new head, and a model for the task '{task}' has a head already.").format(
                adapt=phase.adapt.kind, task=task.kind
            ),
            where,
            _("Use 'lora' or 'full'."),
        )
    if task.head == "new" and phase.adapt.trains_head and not task.from_features:
        yield Problem(
            _("with '{adapt}' only a head learns, and that is not enough for the task '{task}'.").format(
                adapt=phase.adapt.kind, task=task.kind
            ),
            where,
            _("Use 'lora' or 'full'."),
        )


def _objective(task: Task, phase: Recipe | Phase, where: str, multi_label: bool | None) -> Iterator[Problem]:
    objective = phase.objective
    if objective is None:
        return
    if not issubclass(task.takes, objective.takes):
        yield Problem(
            _("'{objective}' cannot be used for the task '{task}'.").format(
                objective=objective.kind, task=task.kind
            ),
            where,
            _("Leave the setting out, and the task chooses."),
        )
    elif multi_label and isinstance(objective, CrossEntropy | Contrastive | Distill):
        yield Problem(
            _("'{objective}' is for one label a row, and these rows may have several.").format(
                objective=objective.kind
            ),
            where,
            _("Use 'binary_cross_entropy', or leave the setting out."),
        )
    elif multi_label is False and isinstance(objective, BinaryCrossEntropy):
        yield Problem(
            _("'binary_cross_entropy' is for several labels a row, and these rows have one each."),
            where,
            _("Use 'cross_entropy', or leave the setting out."),
        )


def _baselines(recipe: Recipe) -> Iterator[Problem]:
    if isinstance(recipe.task, TextTask):
        for kind in recipe.task.answer_metrics:
            if kind not in METRICS or not issubclass(METRICS[kind], TextMetric):
                known = [name for name, metric in METRICS.items() if issubclass(metric, TextMetric)]
                yield Problem(
                    _("{kind} does not measure texts.").format(kind=shown(kind)),
                    "task.answer_metrics",
                    near_miss(kind, known),
                )
    table: Table[Any] = PROMPTS if recipe.task.generates else BASELINES
    kinds = [kind_of(given) for given in recipe.evaluate.baselines or ()]
    for number, (kind, given) in enumerate(zip(kinds, recipe.evaluate.baselines or (), strict=True)):
        if kind not in table:
            what, fix = table.unknown(kind)
            yield Problem(what, "evaluate.baselines", fix)
        elif kind in kinds[:number]:
            yield Problem(_("'{name}' is given twice.").format(name=kind), "evaluate.baselines")
        elif not recipe.task.generates and BASELINES[kind].measured_by != recipe.task.measured_by:
            yield Problem(
                _("'{baseline}' is no alternative for the task '{task}'.").format(
                    baseline=kind, task=recipe.task.kind
                ),
                "evaluate.baselines",
                _("Leave the setting out, and the task chooses."),
            )
        else:
            yield from _alternative(table, given, f"evaluate.baselines.{number}")


def _alternative(table: Table[Any], given: str | dict[str, Any], where: str) -> Iterator[Problem]:
    try:
        made = table[kind_of(given)].of({"kind": given} if isinstance(given, str) else given, where)
    except RecipeError as error:
        yield from error.problems
        return
    yield from _files(made, where)
    if isinstance(made, Documents) and not made.path:
        yield Problem(
            _("there are no documents."), f"{where}.path", _("Give the folder or the file that holds them.")
        )


def _trackers(recipe: Recipe) -> Iterator[Problem]:
    for kind in recipe.track:
        if kind not in TRACKERS:
            what, fix = TRACKERS.unknown(kind)
            yield Problem(what, "track", fix)
        elif not TRACKERS[kind].installed():
            yield Problem(
                _("'{tracker}' is not installed.").format(tracker=kind),
                "track",
                _("Install it with: {command}").format(command=f"pip install 'afina[{kind}]'"),
            )


def _of_data(recipe: Recipe, dataset: Dataset) -> Iterator[Problem]:
    if recipe.data.multi_label is None:
        yield from _objectives(recipe, dataset.multi_label)
    for number, phase in enumerate(recipe.phases):
        weights = getattr(phase.objective, "class_weights", None)
        where = f"before.{number}." if number < len(recipe.before) else ""
        for label in weights if isinstance(weights, dict) else ():
            if label not in dataset.labels:
                yield Problem(
                    _("the data have no label {label}.").format(label=shown(label)),
                    f"{where}objective.class_weights",
                    near_miss(label, dataset.labels),
                )
    for number, given in enumerate(recipe.evaluate.baselines or ()):
        named = {} if isinstance(given, str) else given.get("words")
        for label in named if isinstance(named, dict) else ():
            if label not in dataset.labels:
                yield Problem(
                    _("the data have no label {label}.").format(label=shown(label)),
                    f"evaluate.baselines.{number}.words",
                    near_miss(label, dataset.labels),
                )
