"""An index over runs, so that they are found again from any folder.

SQLite in write-ahead mode: a second process may read while the first writes. The folders are the truth: a
run whose folder is gone is not listed, and a lost index costs nothing but the list.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..recipe.recipe import Recipe

__all__ = ["index_path", "put", "rows"]

_COLUMNS = (
    "folder", "name", "state", "created", "changed", "task", "model", "adapt", "metric", "value",
)  # fmt: skip


def index_path() -> Path:
    """``AFINA_HOME``, else the user's data folder."""
    home = os.environ.get("AFINA_HOME")
    if home:
        return Path(home) / "runs.sqlite"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "afina" / "runs.sqlite"


def put(folder: Path, recipe: Recipe, state: str, report: dict[str, Any] | None = None) -> None:
    """Adds a run or changes its state. An index that cannot be written is done without."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    metric = report["primary_metric"] if report else None
    value = report["test"][metric]["value"] if report else None
    values = (
        str(folder.resolve()), folder.resolve().name, state, now, now,
        recipe.task.kind, recipe.model.name, recipe.adapt.kind, metric, value,
    )  # fmt: skip
    path = index_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(_connect(path)) as connection, connection:
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, {', '.join(_COLUMNS[1:])})"
            )
            changed = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "created")
            connection.execute(
                f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
                f"ON CONFLICT (folder) DO UPDATE SET {changed}",
                values,
            )
    except (OSError, sqlite3.Error):
        return


def rows() -> list[dict[str, Any]]:
    """The runs whose folders are still there, newest first."""
    path = index_path()
    if not path.exists():
        return []
    try:
        with closing(_connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute("SELECT * FROM runs ORDER BY created DESC, rowid DESC").fetchall()
    except sqlite3.Error:
        return []
    return [dict(row) for row in found if (Path(row["folder"]) / "recipe.json").exists()]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection
