"""A rung of the ladder: one way, what it answered on the development rows and what it costs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from ..data.whole import whole

__all__ = ["TRAINED", "LeftOut", "Rung", "stored"]

#: Methods of training, cheapest first. Of these only the first leaves the pretrained weights as they are.
TRAINED = ("features", "top_blocks", "lora", "full")


@dataclass(frozen=True)
class Rung:
    """A way that was tried on the development rows."""

    name: str
    answered: NDArray[Any]
    """(N, …) answers to the measured development rows, as the metrics take them."""
    seconds: float
    """To learn, what a frozen part took included wherever it ran."""
    size_bytes: int
    """What has to be kept to answer."""
    milliseconds_per_row: float | None = None
    """To answer one text after the other; None where it was not timed."""
    peak_memory_bytes: int | None = None
    """The most memory that the process had needed when it was done."""
    details: dict[str, Any] = field(default_factory=dict)
    """What was chosen on the way, as JSON values."""
    texts: tuple[str, ...] = ()
    """Full answers to development rows, where texts are generated."""

    @property
    def fine_tuned(self) -> bool:
        """Whether pretrained weights have moved."""
        return self.name in TRAINED[1:] or self.name == "interpolate"

    def store(self, folder: Path) -> None:
        """Keeps it, so that a ladder that is continued need not repeat it."""
        folder.mkdir(exist_ok=True)
        values = asdict(self)
        del values["answered"]
        if self.answered.dtype.kind in "US":
            values["answered"] = self.answered.tolist()
        else:
            save_file({"answered": np.ascontiguousarray(self.answered)}, folder / f"{self.name}.safetensors")
        # Last: a rung is there when this is.
        with whole(folder / f"{self.name}.json") as file:
            file.write(json.dumps(values, allow_nan=False))


def stored(folder: Path) -> dict[str, Rung]:
    """Name -> rung, of those that were kept whole."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if "answered" in values:
                answered = np.array(values.pop("answered"))
            else:
                answered = load_file(path.with_suffix(".safetensors"))["answered"]
            rung = Rung(answered=answered, texts=tuple(values.pop("texts", ())), **values)
        except (ValueError, TypeError, OSError, SafetensorError):
            continue  # it is tried again
        found[rung.name] = rung
    return found


@dataclass(frozen=True)
class LeftOut:
    """A way that was not tried."""

    name: str
    code: str
    """``ceiling``, ``cannot_repay``, ``budget``, ``too_few_rows`` or ``memory``."""
    reason: str
    """In the current language."""
    forecast: float | None = None
    """Seconds that its training would take."""
    reach: float | None = None
    """Of ``ceiling`` and ``cannot_repay``: how much better than the best, or than what is recommended so far,
    it may be at most."""
    detected: float | None = None
    """Of ``cannot_repay``: the difference that the development rows detect four times in five."""
