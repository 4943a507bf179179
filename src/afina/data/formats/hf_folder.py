"""A folder that Hugging Face datasets saved with ``save_to_disk``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ...errors import DataError
from ...language import _
from ..names import SPLIT_NAMES
from .arrow import changed_table, sheet_of_table
from .base import Format, Reading, Sheet, Source

__all__ = ["HfFolder"]

_DATA = "data-00000-of-00001.arrow"
#: What dataset_info.json says of the rows that were there before.
_COUNTED = ("splits", "dataset_size", "size_in_bytes")


class HfFolder(Format):
    """A folder saved by Hugging Face datasets, with one split or several."""

    kind: Literal["hf_folder"] = "hf_folder"

    def recognises(self, source: Source) -> bool:
        path = source.path
        return path.is_dir() and any((path / name).is_file() for name in ("dataset_dict.json", "state.json"))

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        path = source.path
        told = _("{path}: read as a Hugging Face datasets folder.").format(path=path)
        if not (path / "dataset_dict.json").is_file():
            return {"": _split(path).noting(told)}
        names = _json(path / "dataset_dict.json").get("splits")
        if not isinstance(names, list) or not names:
            raise DataError(_("this data set names no splits."), where=str(path / "dataset_dict.json"))
        known = {SPLIT_NAMES[name]: name for name in map(str, names) if name in SPLIT_NAMES}
        unknown = sorted(str(name) for name in names if name not in SPLIT_NAMES)
        if "train" not in known:
            raise DataError(
                _("this data set has no split called train (it has {names}).").format(
                    names=", ".join(map(str, names))
                ),
                where=str(path),
            )
        if unknown:
            left = _("{path}: these splits are not used: {names}.")
            told = f"{told} {left.format(path=path, names=', '.join(unknown))}"
        return {split: _split(path / name).noting(told) for split, name in known.items()}

    def rewrite(self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]) -> dict[str, bytes]:
        """The splits that were read; each in one file."""
        if source.path in {sheet.path for sheet in sheets.values()}:
            (sheet,) = sheets.values()
            return _rewritten(sheet)
        files = {"dataset_dict.json": _plain({"splits": [sheet.path.name for sheet in sheets.values()]})}
        for sheet in sheets.values():
            files |= {f"{sheet.path.name}/{name}": data for name, data in _rewritten(sheet).items()}
        return files


def _split(folder: Path) -> Sheet:
    return sheet_of_table(folder, "hf_folder", _table(folder))


def _table(folder: Path) -> Any:
    import pyarrow as pa

    parts: Any = _json(folder / "state.json").get("_data_files", [])
    tables = []
    try:
        for part in parts:
            # A name, never a path: a data set must not reach outside its folder.
            with pa.memory_map(str(folder / Path(str(part["filename"])).name)) as file:
                tables.append(pa.ipc.open_stream(file).read_all())
        return pa.concat_tables(tables)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            _("this data set cannot be read; it may be damaged or incomplete ({reason}).").format(
                reason=str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            ),
            where=str(folder),
        ) from None


def _rewritten(sheet: Sheet) -> dict[str, bytes]:
    """The files of a split."""
    import pyarrow as pa

    table, file = changed_table(_table(sheet.path), sheet), pa.BufferOutputStream()
    with pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    data = file.getvalue().to_pybytes()
    # Caches of datasets go by the fingerprint.
    fingerprint = hashlib.sha256(data).hexdigest()[:16]
    state = _json(sheet.path / "state.json") | {
        "_data_files": [{"filename": _DATA}],
        "_fingerprint": fingerprint,
    }
    info = _json(sheet.path / "dataset_info.json")
    counted = {name: value for name, value in info.items() if name not in _COUNTED}
    return {_DATA: data, "state.json": _plain(state), "dataset_info.json": _plain(counted)}


def _plain(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _json(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DataError(_("this file of the data set is missing or damaged."), where=str(path))
    return value
