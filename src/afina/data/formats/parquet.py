"""Parquet."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Literal

from ...errors import DataError
from ...language import _
from .arrow import changed_table, sheet_of_table
from .base import Format, Reading, Sheet, Source

__all__ = ["Parquet"]


class Parquet(Format):
    """Parquet: a compact table; the line of a row is its number."""

    kind: Literal["parquet"] = "parquet"

    def recognises(self, source: Source) -> bool:
        return source.data[:4] == b"PAR1"

    def read(self, source: Source, settings: Reading) -> dict[str, Sheet]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.ParquetFile(io.BytesIO(source.data)).read()
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                _("this Parquet file cannot be read; it may be damaged or cut off ({reason}).").format(
                    reason=str(error).splitlines()[0][:120]
                ),
                where=str(source.path),
            ) from None
        sheet = sheet_of_table(source.path, self.kind, table)
        return {"": sheet.noting(_("{path}: read as Parquet.").format(path=source.path))}

    def rewrite(self, source: Source, settings: Reading, sheets: Mapping[str, Sheet]) -> bytes:
        import pyarrow.parquet as pq

        (sheet,) = sheets.values()
        file = io.BytesIO()
        pq.write_table(changed_table(pq.ParquetFile(io.BytesIO(source.data)).read(), sheet), file)
        return file.getvalue()
