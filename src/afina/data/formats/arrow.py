"""Arrow tables, from Parquet or a Hugging Face folder, as rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...language import _
from .base import Sheet

__all__ = ["changed_table", "sheet_of_table"]


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


def changed_table(table: Any, sheet: Sheet) -> Any:
    """The table with the rows of the sheet, which was made from it and then changed; its columns keep their
    types, and class names become class numbers again."""
    import pyarrow as pa

    classes = _class_names(table.schema.metadata or {})
    kept = table.take([line - 1 for line in sheet.lines])
    for place, name in enumerate(sheet.columns):
        before, names = kept.column(name).to_pylist(), classes.get(name)
        after: list[object] = [row[name] for row in sheet.rows]
        if names is not None:
            # A row without a class stays as it is.
            after = [
                old if new is None else _numbered(new, names) for old, new in zip(before, after, strict=True)
            ]
        if after != before:
            field = table.schema.field(name)
            kept = kept.set_column(place, field, pa.array(after, field.type))
    return kept


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


def _numbered(value: object, names: list[str]) -> object:
    if isinstance(value, list):
        return [_numbered(part, names) for part in value]
    return names.index(value) if isinstance(value, str) else value
