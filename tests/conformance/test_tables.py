"""Every table: its entries are complete, described, settable, and each stands in a file of its own."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from afina.adapt import METHODS
from afina.combine import COMBINERS
from afina.data.audit import CHECKS
from afina.data.formats import FORMATS
from afina.data.shapes import SHAPES
from afina.data.weak.functions import LABELLING_FUNCTIONS
from afina.data.weak.label_models import LABEL_MODELS
from afina.errors import RecipeError
from afina.evaluate.baselines import BASELINES
from afina.evaluate.metrics import METRICS, metrics_of
from afina.evaluate.prompts import PROMPTS
from afina.objectives import OBJECTIVES
from afina.table import Table
from afina.tasks import TASKS
from afina.track import TRACKERS

TABLES: dict[str, Table[Any]] = {
    "methods": METHODS, "checks": CHECKS, "formats": FORMATS, "baselines": BASELINES, "metrics": METRICS,
    "objectives": OBJECTIVES, "tasks": TASKS, "combiners": COMBINERS,
    "shapes": SHAPES, "prompts": PROMPTS, "trackers": TRACKERS, "labelling functions": LABELLING_FUNCTIONS,
    "label models": LABEL_MODELS,
}  # fmt: skip
#: What has to be given, where there is no default.
NEEDED: dict[str, dict[str, Any]] = {
    "keywords": {"label": "spam", "words": ["buy"]}, "regex": {"label": "spam", "pattern": "buy"},
    "dictionary": {"file": "words.csv"}, "column": {"columns": ["ann"]}, "python": {"file": "rules.py"},
    "model": {"run": "runs/other"},
}  # fmt: skip
ENTRIES = [(name, kind) for name, table in TABLES.items() for kind in table]


def default(name: str, kind: str) -> Any:
    if name == "metrics":
        return metrics_of([kind], multi_label=not METRICS[kind].single_label)[kind]
    return TABLES[name].make({"kind": kind, **NEEDED.get(kind, {})})


@pytest.mark.parametrize(("name", "kind"), ENTRIES)
def test_an_entry_is_described_and_its_settings_come_back(name: str, kind: str) -> None:
    made = default(name, kind)
    assert made.kind == kind
    assert type(made).of(made.plain()) == made
    first = inspect.cleandoc(type(made).__doc__ or "").splitlines()[0]
    assert first.endswith(".")
    for setting, field in type(made).model_fields.items():
        assert setting == "kind" or field.description, f"{kind}.{setting} has no help"


@pytest.mark.parametrize(("name", "kind"), ENTRIES)
def test_an_unknown_setting_is_refused(name: str, kind: str) -> None:
    with pytest.raises(RecipeError, match="no such setting"):
        type(default(name, kind)).of({**default(name, kind).plain(), "surely_not": 1})


@pytest.mark.parametrize("name", TABLES)
def test_one_file_an_entry(name: str) -> None:
    files = [inspect.getfile(cls) for _, cls in TABLES[name].items()]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("name", TABLES)
def test_kinds_are_not_taken_twice_and_near_misses_are_told(name: str) -> None:
    table = TABLES[name]
    kind, cls = next(iter(table.items()))
    with pytest.raises(ValueError, match="is taken by"):
        table.register(cls)
    with pytest.raises(RecipeError, match=f"Did you mean '{kind}'"):
        table[kind + "x"]
    with pytest.raises(TypeError):
        table.register(table.base)


@pytest.mark.parametrize("multi_label", [False, True])
def test_what_a_task_names_exists(multi_label: bool) -> None:
    from afina.data.row import Tools

    tools = Tools(None, ("a", "b"), 8, multi_label)
    for _, cls in TASKS.items():
        task = cls()
        assert task.primary_metric in task.metrics(tools)
        assert set(metrics_of(task.metrics(tools), multi_label=multi_label)) == set(task.metrics(tools))
        assert task.objective(tools) in OBJECTIVES
        assert issubclass(task.takes, OBJECTIVES[task.objective(tools)].takes)
        assert set(task.baselines) <= set(PROMPTS if task.generates else BASELINES)
