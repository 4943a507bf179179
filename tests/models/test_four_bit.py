"""Weights of 4 bits, from a file written by hand to a model in memory."""

import json

import numpy as np
import packed
import pytest
import torch
import transformers as hf
from safetensors.numpy import load_file

from afina.errors import ModelError, StoreError
from afina.models.four_bit import decode
from afina.models.load import Model, load

#: Where the weights of the file are in transformers' BERT.
PLACES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
    "l1.q.w": "encoder.layer.1.attention.self.query.weight",
    "l1.k.w": "encoder.layer.1.attention.self.key.weight",
    "l1.v.b": "encoder.layer.1.attention.self.value.bias",
    "l0.ao.w": "encoder.layer.0.attention.output.dense.weight",
    "l0.aln.b": "encoder.layer.0.attention.output.LayerNorm.bias",
    "l1.fi.w": "encoder.layer.1.intermediate.dense.weight",
    "l1.fo.w": "encoder.layer.1.output.dense.weight",
    "l0.oln.w": "encoder.layer.0.output.LayerNorm.weight",
}


def decoded(data, tmp_path):
    (tmp_path / "packed.bin").write_bytes(data)
    decode(tmp_path / "packed.bin", tmp_path / "out", card="A card.\n")
    return tmp_path / "out"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A decoded folder and the weights it was made of."""
    stored, weights = packed.contents()
    return decoded(packed.file(stored), tmp_path_factory.mktemp("packed")), weights


def test_a_block_of_32_by_hand(tmp_path):
    """Low halves are the first sixteen numbers, high halves the others; 8 is nought."""
    stored, _weights = packed.contents()
    stored["emb.word"] = (
        1,
        b"".join([b"\x00\x38" + bytes(range(0xF0, 0x00, -0x0F)), stored["emb.word"][1][18:]]),
    )
    row = load_file(decoded(packed.file(stored), tmp_path) / "model.safetensors")[PLACES["emb.word"]][0]
    assert row[:16].tolist() == [0.5 * (q - 8) for q in range(16)]
    assert row[16:].tolist() == [0.5 * (q - 8) for q in range(15, -1, -1)]


def test_every_weight_is_in_its_place(whole):
    folder, weights = whole
    found = load_file(folder / "model.safetensors")
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    for name, place in PLACES.items():
        np.testing.assert_array_equal(found[place], weights[name], strict=True)
    assert sum(array.size for array in found.values()) == sum(array.size for array in weights.values())


def test_it_is_a_model_with_no_weight_missing_and_none_too_many(whole):
    folder, _weights = whole
    loaded = load(Model(name=str(folder)))
    assert isinstance(loaded.trunk, hf.BertModel)
    assert (loaded.pooling, loaded.width, loaded.max_length) == ("mean", 32, 6)
    found = load_file(folder / "model.safetensors")
    state = loaded.trunk.state_dict()
    assert state.keys() == found.keys()
    assert all(torch.equal(state[name], torch.from_numpy(found[name])) for name in found)
    assert loaded.trunk.config.layer_norm_eps == 1e-12
    assert loaded.trunk.config.hidden_act == "gelu"
    assert (folder / "README.md").read_text() == "A card.\n"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("good", [0, 4, 2]),
        ("  good\n good ", [0, 4, 4, 2]),
        ("g", [0, 5, 6, 2]),
        ("good x", [0, 4, 5, 3, 2]),
        ("ｇｏｏｄ", [0, 4, 2]),
        ("\uff5e", [0, 5, 7, 2]),
        ("~", [0, 5, 8, 2]),
        ("", [0, 2]),
    ],
)
def test_texts_become_the_numbers_of_their_pieces(text, ids, whole):
    tokenizer = load(Model(name=str(whole[0]))).tokenizer
    assert tokenizer(text)["input_ids"] == ids


def test_what_the_tokenizer_says_of_itself(whole):
    tokenizer = load(Model(name=str(whole[0]))).tokenizer
    assert (tokenizer.cls_token_id, tokenizer.sep_token_id) == (0, 2)
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id) == (1, 3)
    assert tokenizer("good", "bad")["input_ids"] == [0, 4, 2, 2, 9, 2]
    assert tokenizer.decode([0, 4, 9, 2], skip_special_tokens=True) == "good bad"
    assert list(tokenizer("good")) == ["input_ids", "attention_mask"]
    assert json.loads((whole[0] / "config.json").read_text())["pad_token_id"] == 1


def changed(**tensors):
    """The file with tensors changed; those that are None left out."""
    stored, _weights = packed.contents()
    stored |= {name.replace("_", "."): value for name, value in tensors.items()}
    return packed.file({name: value for name, value in stored.items() if value is not None})


def whole_file(**values):
    return packed.file(packed.contents()[0], **values)


def shape(**values):
    names = ("width", "blocks", "heads", "inner", "vocabulary", "positions", "segments")
    numbers = (packed.WIDTH, packed.BLOCKS, 2, packed.INNER, len(packed.PIECES), packed.POSITIONS, 2)
    return whole_file(
        shape=tuple(values.get(name, number) for name, number in zip(names, numbers, strict=True))
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"E5S1",
        whole_file()[:200],
        whole_file()[:-1],
        whole_file(start=b"E5S2\1\0\0\0"),
        whole_file(start=b"E5S1\2\0\0\0"),
        whole_file(size=64),
        whole_file(special=(0, 2, 1, -1)),
        whole_file(special=(0, 2, 1, 10)),
        whole_file(pieces=[*packed.PIECES[:-1], b"\xff"]),
        shape(vocabulary=9),
        shape(vocabulary=11),
        shape(width=64),
        shape(blocks=1),
        shape(blocks=3),
        shape(blocks=2**31 - 1),
        shape(positions=-6),
        changed(l0_q_w=None),
        changed(l2_q_w=(0, bytes(4))),
        changed(l0_q_b=(0, bytes(4))),
        changed(l0_q_b=(2, bytes(18))),
        whole_file().replace(b"emb.word\1", b"emb.word\3"),
        whole_file().replace(b"l0.q.b", b"l0.q.\xe9"),
    ],
)
def test_a_damaged_file_is_told_in_one_sentence(data, tmp_path):
    with pytest.raises(ModelError, match=r"the packed weights cannot be read \(.+\)") as caught:
        decoded(data, tmp_path)
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("at", [8 + 36, 8 + 36 + 20])
def test_counts_beyond_reason_are_told(at, tmp_path):
    """Of pieces, and of the bytes of their text."""
    data = whole_file()
    with pytest.raises(ModelError, match="the packed weights cannot be read"):
        decoded(data[:at] + b"\xff" * 8 + data[at + 8 :], tmp_path)


def test_a_tensor_that_begins_outside_of_the_file_is_told(tmp_path):
    data = whole_file()
    at = data.index(b"emb.word") + len(b"emb.word") + 5
    with pytest.raises(ModelError, match="the packed weights cannot be read"):
        decoded(data[:at] + b"\xff" * 8 + data[at + 8 :], tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        decoded(whole_file(), tmp_path)
