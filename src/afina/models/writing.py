"""What can go wrong where a decoded model is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from ..errors import StoreError, reason_of
from ..language import _

__all__ = ["writing"]


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Inside, a file of ``folder`` that cannot be written raises StoreError."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise StoreError(
            _("the file cannot be written ({reason}).").format(reason=reason_of(error)),
            where=str(folder),
        ) from error
