"""What is promised to those who import afina, and to those who follow the README."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import afina
import afina.demo
import afina.evaluate.compare
import afina.train.fit

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_public_names_are_exactly_these() -> None:
    assert sorted(afina.__all__) == [
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
    for name in afina.__all__:
        assert hasattr(afina, name)


@pytest.mark.parametrize("name", ["train", "evaluate", "demo"])
def test_functions_are_not_shadowed_by_packages_of_their_name(name: str) -> None:
    assert callable(getattr(afina, name))


def test_the_version_is_the_one_that_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert afina.__version__ == project["version"]


def test_python_m_afina_is_the_command() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "afina", "--version"], capture_output=True, text=True, check=True
    )
    assert told.stdout == f"afina, version {afina.__version__}\n"


def commands_in(page: Path) -> list[str]:
    """The afina commands of a page's shell blocks, without comments."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("afina ")]


@pytest.mark.parametrize(
    ("page", "line"),
    [(page, line) for page in PAGES for line in commands_in(page)],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_commands_in_the_pages_parse(page: Path, line: str) -> None:
    from afina.cli.group import group

    words = shlex.split(line, comments=True)[1:]
    name, command, rest = group.resolve_command(click.Context(group), words)
    assert command is not None
    command.make_context(name, rest, parent=click.Context(group))


def targets_in(page: Path) -> list[str]:
    return re.findall(r"^make (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "README.es.md"], ids=lambda page: page.name)
def test_make_targets_in_the_readme_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = targets_in(page)
    assert {"demo", "test"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing
