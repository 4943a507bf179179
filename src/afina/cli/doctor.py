"""``afina doctor``."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..language import _
from .options import command

__all__ = ["doctor"]

PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "accelerate",
    "numpy",
    "scipy",
    "scikit-learn",
    "pyarrow",
    "pydantic",
)


@command(
    short=_("Describe this machine, for an issue."),
    help=_("Describe this machine and installation, to paste into an issue. Holds no names and no secrets."),
)
def doctor() -> tuple[dict[str, Any], Callable[[], None]]:
    found = _found()
    return found, lambda: _show(found)


def _found() -> dict[str, Any]:
    from .. import __version__
    from ..models.catalogue import CATALOGUE
    from ..models.packages import cache_folder
    from ..models.probe import probe

    cache = cache_folder()
    return {
        "afina": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "machine": probe().plain(),
        "disk_free_bytes": shutil.disk_usage(Path.cwd()).free,
        "cache": {"set_by_environment": "AFINA_CACHE" in os.environ, "exists": cache.is_dir()},
        "catalogue": {name: any(cache.glob(f"packages/{entry.file}-*")) for name, entry in CATALOGUE.items()},
    }


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _show(found: dict[str, Any]) -> None:
    from ..evaluate.words import number, size
    from .summary import facts

    machine = found["machine"]
    rows = [
        ("afina", found["afina"]),
        ("python", found["python"]),
        (_("system"), found["system"]),
        *((name, told or _("not installed")) for name, told in found["packages"].items()),
        *(
            (
                name,
                size(value)
                if name.endswith("_bytes")
                else number(value, 1)
                if isinstance(value, float)
                else str(value),
            )
            for name, value in machine.items()
        ),
        (_("free disk"), size(found["disk_free_bytes"])),
        *(
            (name, _("present") if present else _("not downloaded yet"))
            for name, present in found["catalogue"].items()
        ),
    ]
    facts([(str(name), str(value)) for name, value in rows])
