"""A language model in a GGUF file, dequantised once into the folder that transformers expects.

transformers knows how tensors are called and laid out, and the package gguf how numbers are packed. What a
GGUF file says of its tokenizer is little more than a name; only the names whose rules are known here are
accepted, as a text cut otherwise than in pre-training is worth nothing.
"""

from __future__ import annotations

import io
import tempfile
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import torch
import transformers
from gguf import GGUFReader
from safetensors.torch import save_file
from tokenizers import pre_tokenizers

from ..errors import ModelError, reason_of
from ..language import _
from .writing import writing

__all__ = ["decode"]

#: (kind of tokenizer, how it cuts a text into words) -> what is put in the place of what transformers makes
#: of it; None where that is right.
_TOKENIZERS: dict[tuple[str, str], Any] = {
    # SentencePiece, with the words cut by itself (Gemma).
    ("llama", "default"): None,
    ("gpt2", "gpt-2"): None,
    # As in GPT-2, but every digit stands alone.
    ("gpt2", "smollm"): pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    ),
}
#: Architectures whose dequantised weights were compared with what they should say.
_ARCHITECTURES = ("llama", "gemma3")


def decode(file: Path, folder: Path, *, card: str = "") -> None:
    """Writes the model in ``file`` into ``folder``, which is created: float32 weights, settings, tokenizer.

    Args:
        card: what its README.md says; where it is empty, what the file says of itself.

    Raises:
        ModelError: the file is damaged, or of a kind that is not known here.
        StoreError: the folder cannot be written.
    """
    fields = _fields(file)
    kind = (str(fields.get("tokenizer.ggml.model", "")), str(fields.get("tokenizer.ggml.pre", "default")))
    architecture = str(fields.get("general.architecture", ""))
    if architecture not in _ARCHITECTURES:
        raise ModelError(
            _("this GGUF file holds an architecture that is not known here ({name}).").format(
                name=architecture
            ),
            where=str(file),
            fix=_("Known are: {names}. Other models can be had as safetensors.").format(
                names=", ".join(_ARCHITECTURES)
            ),
        )
    if kind not in _TOKENIZERS:
        raise ModelError(
            _("this GGUF file cuts texts in a way that is not known here ({name}).").format(
                name=" ".join(kind)
            ),
            where=str(file),
            fix=_("Take the same model as safetensors, with its tokenizer."),
        )
    network, tokenizer = _loaded(file)
    if _TOKENIZERS[kind] is not None:
        tokenizer.backend_tokenizer.pre_tokenizer = _TOKENIZERS[kind]
    config = network.config
    # It was quantised; it is not any more.
    del config.quantization_config
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    if config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    with writing(folder):
        folder.mkdir(parents=True)
        config.architectures = [type(network).__name__]
        config.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        (folder / "README.md").write_text(card or _card(file, fields), encoding="utf-8")
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _card(file: Path, fields: dict[str, Any]) -> str:
    licence = fields.get("general.license", "")
    return f"---\nlicense: {licence}\n---\n# {file.stem}\n\nDecoded from {file.name}.\n"


def _fields(file: Path) -> dict[str, Any]:
    """The short entries of the file's header."""
    try:
        reader = GGUFReader(file)
        return {
            name: field.contents()
            for name, field in reader.fields.items()
            if len(field.data) == 1  # not the vocabulary, which takes a while
        }
    except Exception as error:  # a damaged file makes it raise anything
        raise _damaged(file, error) from error


def _loaded(file: Path) -> tuple[Any, Any]:
    # In a folder of its own, so that nothing but this file can be read.
    with tempfile.TemporaryDirectory() as alone, redirect_stderr(io.StringIO()):
        (Path(alone) / "model.gguf").symlink_to(file.absolute())
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                alone, gguf_file="model.gguf", local_files_only=True, trust_remote_code=False
            )
            network = transformers.AutoModelForCausalLM.from_pretrained(
                alone,
                gguf_file="model.gguf",
                local_files_only=True,
                trust_remote_code=False,
                dtype=torch.float32,
            )
        except Exception as error:  # so do transformers and tokenizers
            raise _damaged(file, error) from error
    return network, tokenizer


def _damaged(file: Path, error: Exception) -> ModelError:
    what = _("this GGUF file cannot be read ({reason}).").format(reason=reason_of(error))
    return ModelError(what, where=str(file))
