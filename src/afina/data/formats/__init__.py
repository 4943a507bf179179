"""The file formats, in the order in which a file's content is held against them."""

from __future__ import annotations

from ...table import Table
from .base import Format, Reading, Sheet, Source
from .conll import Conll
from .csv import Csv
from .documents import Documents
from .hf_folder import HfFolder
from .json import Json
from .jsonl import Jsonl
from .parquet import Parquet
from .text import Text
from .xlsx import Xlsx

__all__ = ["FORMATS", "Format", "Reading", "Sheet", "Source"]

FORMATS: Table[Format] = Table(
    "format",
    Format,  # type: ignore[type-abstract]
    [HfFolder, Documents, Parquet, Xlsx, Json, Jsonl, Conll, Csv, Text],
)
