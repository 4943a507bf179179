"""Wheels and source archives made in memory, and a package index on this machine that offers them."""

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from afina.models import packages
from afina.models.index import Index


def wheel(files):
    """The bytes of a zip of {path: text}."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return held.getvalue()


def tar(files, links=()):
    """The bytes of a compressed tar of {path: text or bytes} and (path, target) links."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for path, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for path, target in links:
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return held.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Server:
    """A package index: ``files`` are what it has, ``asked`` the paths it was asked for."""

    def __init__(self, form):
        self.form = form
        self.files = {}
        self.yanked = set()
        self.asked = []
        self.failures = []
        self.cut = 0
        self.url = ""

    def answer(self, path):
        """(status, type, body) for a path."""
        if self.failures:
            return self.failures.pop(0), "text/plain", b"failed"
        name = path.rstrip("/").rpartition("/")[2]
        if path.startswith("/simple/"):
            names = [file for file in self.files if file.lower().replace("_", "-").startswith(name)]
            return (200, *self.page(names)) if names else (404, "text/plain", b"absent")
        if name in self.files:
            return 200, "application/octet-stream", self.files[name]
        return 404, "text/plain", b"absent"

    def page(self, names):
        if self.form == "json":
            entries = [
                {
                    "filename": name,
                    "url": f"../../files/{name}",
                    "hashes": {"sha256": sha256(self.files[name])},
                    "yanked": "broken" if name in self.yanked else False,
                }
                for name in names
            ]
            return "application/vnd.pypi.simple.v1+json", json.dumps({"files": entries}).encode()
        links = "".join(
            f'<a href="../../files/{name}#sha256={sha256(self.files[name])}"'
            f"{' data-yanked' if name in self.yanked else ''}>{name}</a><br>"
            for name in names
        )
        return "text/html", f"<!DOCTYPE html><html><body>{links}</body></html>".encode()


@contextmanager
def serving(form="json"):
    """A running :class:`Server`."""
    server = Server(form)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            status, kind, body = server.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if server.cut and kind == "application/octet-stream":
                server.cut -= 1
                body = body[: len(body) // 2]
            self.wfile.write(body)

        def log_message(self, format, *arguments):
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_address[1]}/simple"
    thread = threading.Thread(target=listener.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


@pytest.fixture
def index(monkeypatch, tmp_path):
    """An empty index, the only one, and an empty cache."""
    monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        monkeypatch.setattr(packages, "Index", lambda: Index({"index-url": server.url}))
        yield server
