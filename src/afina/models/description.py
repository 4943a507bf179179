"""What the folder of a model says about itself, checked before anything is loaded from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ModelError, reason_of
from ..language import _

__all__ = [
    "check_description", "read_json", "sentence_limit", "sentence_pooling", "sentence_prompts",
    "weight_files",
]  # fmt: skip

#: Settings that make transformers fetch code, or read other files than the ones checked here.
_CODE_FIELDS = frozenset({"auto_map", "transformers_weights", "kernel_config", "fusion_config"})
_KERNEL_FIELDS = frozenset(
    {
        "attn_implementation",
        "_attn_implementation",
        "_attn_implementation_internal",
        "experts_implementation",
        "_experts_implementation",
        "_experts_implementation_internal",
    }
)
_KNOWN_KERNELS = (None, "eager", "sdpa", "flash_attention_2", "flex_attention")

#: One of these must be there: transformers makes an empty tokenizer out of nothing.
_VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")

#: Endings of weights kept with Python's pickle, which can run code when they are read.
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when there is no such file. Raises ModelError."""
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            _("the file cannot be read as JSON ({error}).").format(error=reason_of(error)), where=str(path)
        ) from None
    if not isinstance(value, dict):
        raise ModelError(_("the file does not hold a JSON object."), where=str(path))
    return value


def check_description(folder: Path, name: str) -> None:
    """Raises ModelError unless the folder asks for nothing but what transformers itself contains."""
    if not (folder / "config.json").is_file():
        raise ModelError(
            _("{name} has no config.json, so there is no model in it.").format(name=name), where=str(folder)
        )
    if not any(next(folder.glob(pattern), None) for pattern in _VOCABULARIES):
        raise ModelError(
            _("{name} has no tokenizer, so it cannot read text.").format(name=name), where=str(folder)
        )
    for file in ("config.json", "tokenizer_config.json"):
        for key, value in _entries(read_json(folder / file)):
            if (key in _CODE_FIELDS and value) or (key in _KERNEL_FIELDS and value not in _KNOWN_KERNELS):
                raise ModelError(
                    _("{name} asks to run code that is not part of transformers ({key}).").format(
                        name=name, key=key
                    ),
                    where=str(folder / file),
                    fix=_("Choose a model that needs no code of its own."),
                )
            if key == "quantization_config" and value:
                raise ModelError(
                    _("the weights of {name} are quantised, so they cannot be trained.").format(name=name),
                    where=str(folder / file),
                    fix=_("Choose the version of this model that is not quantised."),
                )


def weight_files(folder: Path, name: str) -> list[Path]:
    """The safetensors files that hold the weights, in order. Raises ModelError."""
    index = read_json(folder / "model.safetensors.index.json")
    if index:
        weight_map = index.get("weight_map")
        named = sorted(set(weight_map.values())) if isinstance(weight_map, dict) else []
    else:
        named = ["model.safetensors"]
    files = [folder / file for file in named if Path(file).name == file and file.endswith(".safetensors")]
    if files and len(files) == len(named) and all(file.is_file() for file in files):
        return files
    if any(next(folder.glob(pattern), None) for pattern in _PICKLED):
        raise ModelError(
            _("the weights of {name} are kept in a format that can run code (pickle).").format(name=name),
            where=str(folder),
            fix=_("Choose a model whose weights are in safetensors files."),
        )
    raise ModelError(
        _("the weights of {name} are missing: {files}.").format(
            name=name, files=", ".join(named) or "model.safetensors"
        ),
        where=str(folder),
        fix=_("Choose a model whose weights are in safetensors files."),
    )


def sentence_pooling(folder: Path) -> str | None:
    """How a sentence encoder pools, from the files that sentence-transformers keeps; None for other models.

    The names are those of sentence-transformers: ``mean_tokens``, ``cls_token``, ``lasttoken`` …
    """
    told = read_json(folder / "1_Pooling" / "config.json")
    if isinstance(told.get("pooling_mode"), str):
        return str(told["pooling_mode"])
    chosen = [
        key.removeprefix("pooling_mode_")
        for key, value in told.items()
        if key.startswith("pooling_mode_") and value
    ]
    return "+".join(chosen) or None


def sentence_limit(folder: Path) -> int | None:
    """The number of tokens a sentence encoder was trained with, if it says so."""
    length = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    return length if isinstance(length, int) and length > 0 else None


def sentence_prompts(folder: Path) -> tuple[str, str]:
    """What a sentence encoder expects before a question and before a document, if it says so."""
    told = read_json(folder / "config_sentence_transformers.json").get("prompts")
    prompts = told if isinstance(told, dict) else {}
    query, document = prompts.get("query"), prompts.get("document", prompts.get("passage"))
    return (query if isinstance(query, str) else "", document if isinstance(document, str) else "")


def _entries(value: object) -> Iterator[tuple[str, object]]:
    """Every key and value, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key), inner
            yield from _entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _entries(inner)
