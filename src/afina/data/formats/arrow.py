"""Arrow tables, from Parquet or a Hugging Face folder, as rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...language import _
from .base import Sheet

__all__ = ["sheet_of_table"]


def sheet_of_table(path: Path, kind: str, table: Any) -> Sheet:
    """Rows of a pyarrow Table; class numbers become class names where the file holds them.

    Raises:
        DataError: two columns have the same name, or there are no rows.
    """
    names: list[str] = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            _("the file names this column more than once: {names}.").format(names=", ".join(twice)),
            where=str(path),
        )
    if not table.num_rows:
        raise DataError(_("this file holds no rows."), where=str(path))
    classes = _class_names(table.schema.metadata or {})
    columns = {}
    for name in names:
        values = table.column(name).to_pylist()
        columns[name] = [_named(value, classes[name]) for value in values] if name in classes else values
    rows = tuple(dict(zip(names, values)) for values in zip(*columns.values()))
    return Sheet(path, kind, tuple(names), rows, tuple(range(1, table.num_rows + 1)))


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """column -> names of its classes, as Hugging Face datasets writes them into the schema (ClassLabel)."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        found = {}
        for name, feature in features.items():
            # A list of class numbers, for multi-label data, wraps the feature once.
            inner = feature.get("feature", feature) if isinstance(feature, dict) else feature
            inner = inner[0] if isinstance(inner, list) else inner
            if isinstance(inner, dict) and inner.get("_type") == "ClassLabel":
                found[name] = [str(label) for label in inner["names"]]
        return found
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return {}


def _named(value: object, names: list[str]) -> object:
    if isinstance(value, list):
        return [_named(part, names) for part in value]
    if not isinstance(value, int) or value < 0:
        # Hugging Face data sets mark rows without a label by -1.
        return None
    return names[value] if value < len(names) else value
