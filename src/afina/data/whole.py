"""Files that appear when they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

__all__ = ["whole"]


@contextmanager
def whole(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Writes beside the path first: a reader finds the old file or the new one, also after a power cut."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        with aside.open("wb") if binary else aside.open("w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename in (None, str(aside)):
            error.filename = str(path)
        with suppress(OSError):
            aside.unlink()
        raise
