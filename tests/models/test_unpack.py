"""Unpacking archives that mean harm."""

import io
import stat
import zipfile

import pytest
from archives import tar, wheel

from afina.errors import ModelError, StoreError
from afina.models import unpack as module
from afina.models.unpack import unpack


@pytest.fixture
def unpacked(tmp_path):
    """Unpacks bytes and gives {path: content} of what is there afterwards."""

    def run(data):
        (tmp_path / "archive").write_bytes(data)
        unpack(tmp_path / "archive", tmp_path / "out", name="given.zip")
        files = [path for path in (tmp_path / "out").rglob("*") if not path.is_dir()]
        return {path.relative_to(tmp_path / "out").as_posix(): path.read_text() for path in files}

    return run


@pytest.mark.parametrize("pack", [wheel, tar])
def test_data_is_kept_and_code_is_not(pack, unpacked):
    data = {"a/config.json": "{}", "a/b/words.txt": "señal", "a/LICENSE": "free", "a/data.py.csv": "1,2"}
    code = ["a/__init__.py", "setup.PY", "b.pyc", "lib.so", "lib.so.1.2", "run.sh", "x.exe", "n.pth"]
    assert unpacked(pack({**data, **dict.fromkeys(code, "code")})) == data


@pytest.mark.parametrize("pack", [wheel, tar])
@pytest.mark.parametrize(
    "path", ["../out.txt", "a/../../out.txt", "/tmp/out.txt", "a\\..\\out.txt", "C:/out.txt", "a:stream"]
)
def test_paths_that_lead_out_are_refused(pack, path, unpacked, tmp_path):
    with pytest.raises(ModelError, match="outside of its folder"):
        unpacked(pack({path: "harm"}))
    assert not list(tmp_path.rglob("*out.txt"))


def test_links_are_left_out(unpacked, tmp_path):
    (tmp_path / "secret").write_text("secret")
    links = [("link", str(tmp_path / "secret")), ("folder", str(tmp_path))]
    assert unpacked(tar({"a.txt": "a"}, links)) == {"a.txt": "a"}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        member = zipfile.ZipInfo("link")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, str(tmp_path / "secret"))
        archive.writestr("b.txt", "b")
    assert unpacked(held.getvalue()) == {"a.txt": "a", "b.txt": "b"}


@pytest.mark.parametrize("pack", [wheel, tar])
def test_bombs_are_refused(pack, unpacked, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 2**20)
    with pytest.raises(ModelError, match="grows beyond reason"):
        unpacked(pack({"one": "0" * 600_000, "two": "0" * 600_000}))
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) <= 2**20
    monkeypatch.setattr(module, "MOST_FILES", 3)
    with pytest.raises(ModelError, match="too many files"):
        unpacked(pack(dict.fromkeys("abcd", "")))


def test_a_small_archive_may_not_grow_without_end(unpacked):
    with pytest.raises(ModelError, match="grows beyond reason"):
        unpacked(tar({"zeros": bytes(70 * 2**20)}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"neither",
        wheel({"a.txt": "a" * 5000})[:-30],
        tar({"a.txt": bytes(range(256)) * 400})[:300],
    ],
    ids=["empty", "neither", "cut zip", "cut tar"],
)
def test_damaged_archives_are_told(data, unpacked):
    with pytest.raises(ModelError, match=r"the archive given\.zip cannot be used"):
        unpacked(data)


def test_damage_inside_a_zip_is_told(unpacked):
    data = bytearray(wheel({"a.txt": "abcdefgh" * 100}))
    data[40] ^= 0xFF
    with pytest.raises(ModelError, match=r"the archive given\.zip cannot be used"):
        unpacked(bytes(data))


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "archive").write_bytes(wheel({"a": "b"}))
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        unpack(tmp_path / "archive", tmp_path / "out", name="x")
