"""Imports go one way, and what must start fast loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import afina

PACKAGE = Path(afina.__file__).parent

#: Lowest first. What stands on one line does not know of its neighbours.
LAYERS = (
    {"language"},
    {"errors"},
    {"section"},
    {"table"},
    {"data"},
    {"models"},
    {"tasks"},
    {"adapt", "objectives"},
    {"train"},
    {"evaluate"},
    {"combine"},
    {"ship"},
    {"track"},
    {"recipe"},
    {"runs"},
    {"measuring"},
    {"phases"},
    {"run"},
    {"combination", "demo", "decide", "review"},
    {"cli"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "py.typed")


def module_of(path: Path) -> tuple[str, ...]:
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imported(path: Path) -> Iterator[tuple[str, ...]]:
    """What a file imports from this package: paths below it that end in the imported name."""
    package = path.parent.parts
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "afina" for alias in node.names), (
                f"{path}: import relatively"
            )
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                assert (node.module or "").split(".")[0] != "afina", f"{path}: import relatively"
                continue
            base = package[: len(package) - node.level + 1]
            base += tuple((node.module or "").split(".")) if node.module else ()
            for alias in node.names:
                yield (*base, alias.name)


def layer(module: tuple[str, ...]) -> str | None:
    """None for what is no module of a layer: ``from .. import __version__``."""
    return module[0] if module and module[0] in RANK else None


@pytest.mark.parametrize("path", [path for path in FILES if path != Path("__init__.py")], ids=str)
def test_imports_point_downwards(path: Path) -> None:
    own = module_of(path)[0]
    for module in imported(path):
        other = layer(module)
        if other is None:
            assert module == ("__version__",), f"{path} imports {'.'.join(module)}"
        elif other != own:
            assert RANK[other] < RANK[own], f"{path} imports {'.'.join(module)}"


def test_every_part_of_the_package_has_a_layer() -> None:
    assert {module_of(path)[0] for path in FILES if module_of(path)} <= RANK.keys()


def kinds(path: Path) -> bool:
    """Whether a file holds an entry of a table: a class with ``kind: Literal[...] = ...``."""
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    return any(
        isinstance(line, ast.AnnAssign)
        and isinstance(line.target, ast.Name)
        and line.target.id == "kind"
        and line.value is not None
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for line in node.body
    )


EXTENSIONS = [path for path in FILES if kinds(path)]


@pytest.mark.parametrize("path", EXTENSIONS, ids=str)
def test_an_extension_does_not_import_its_sibling(path: Path) -> None:
    siblings = {module_of(other) for other in EXTENSIONS if other != path and other.parent == path.parent}
    for module in imported(path):
        assert module not in siblings, f"{path} imports {'.'.join(module)}"
        assert module[:-1] not in siblings, f"{path} imports {'.'.join(module[:-1])}"


def test_there_are_extensions() -> None:
    assert {path.parts[0] for path in EXTENSIONS} >= {"adapt", "objectives", "tasks", "data", "evaluate"}


def loaded_by(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after running ``code``."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{code}\nimport sys\nprint(*sorted({{m.partition('.')[0] for m in sys.modules}}))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.splitlines()[-1].split())


HEAVY = {"torch", "transformers", "numpy", "scipy", "sklearn", "pyarrow", "pydantic", "accelerate"}


def test_importing_afina_loads_nothing_heavy() -> None:
    assert not loaded_by("import afina") & (HEAVY | {"click", "rich"})


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by("from afina.cli import main\nassert main(['--help']) == 0") & (HEAVY | {"rich"})


def test_reading_data_loads_no_torch() -> None:
    loaded = loaded_by("import afina.data.load, afina.data.audit, afina.data.near_duplicates")
    assert not loaded & {"torch", "transformers", "sklearn"}
