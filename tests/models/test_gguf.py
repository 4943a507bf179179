"""Language models in GGUF files."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaForCausalLM

from afina.errors import ModelError
from afina.models.load import Model, load
from afina.models.source import resolve
from ggufs import HEADS, interleaved, llama, write


@pytest.fixture
def network() -> LlamaForCausalLM:
    return llama()


IDS = torch.tensor([[1, 40, 50, 60, 2]])


def test_a_file_becomes_the_network_that_it_was_written_from(
    network: LlamaForCausalLM, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.gguf", network)
    source = resolve(str(tmp_path / "tiny.gguf"))
    assert (source.origin, source.licence) == ("folder", "mit")
    again = AutoModelForCausalLM.from_pretrained(source.folder, dtype=torch.float32)
    with torch.no_grad():
        assert torch.equal(again(IDS).logits, network(IDS).logits)
    assert again.lm_head.weight is again.model.embed_tokens.weight
    loaded = load(Model(name=str(tmp_path / "tiny.gguf")))
    with torch.no_grad():
        assert torch.equal(loaded.trunk(IDS).last_hidden_state, network.model(IDS).last_hidden_state)
    assert (loaded.pooling, loaded.max_length, loaded.licence) == ("last", 64, "mit")


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1", "Q5_0", "Q8_0"])
def test_packed_numbers_are_those_that_the_format_says(
    network: LlamaForCausalLM, kind: str, tmp_path: Path
) -> None:
    held = write(tmp_path / "tiny.gguf", network, packed=gguf.GGMLQuantizationType[kind])
    trunk = load(Model(name=str(tmp_path / "tiny.gguf"))).trunk
    state = {name: tensor.numpy() for name, tensor in trunk.state_dict().items()}
    np.testing.assert_array_equal(state["layers.1.mlp.up_proj.weight"], held["blk.1.ffn_up.weight"])
    query = interleaved(state["layers.0.self_attn.q_proj.weight"], HEADS)
    np.testing.assert_array_equal(query, held["blk.0.attn_q.weight"])
    np.testing.assert_array_equal(state["embed_tokens.weight"], held["token_embd.weight"])


def test_it_is_decoded_once_for_each_content(network: LlamaForCausalLM, tmp_path: Path) -> None:
    write(tmp_path / "tiny.gguf", network)
    first = resolve(str(tmp_path)).folder
    stamp = (first / "model.safetensors").stat().st_mtime_ns
    assert resolve(str(tmp_path / "tiny.gguf")).folder == first
    assert (first / "model.safetensors").stat().st_mtime_ns == stamp
    with torch.no_grad():
        network.model.norm.weight.add_(1)
    write(tmp_path / "tiny.gguf", network)
    assert resolve(str(tmp_path / "tiny.gguf")).folder != first


def test_every_digit_stands_alone_and_the_template_of_chats_is_kept(
    network: LlamaForCausalLM, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.gguf", network)
    tokenizer = load(Model(name=str(tmp_path / "tiny.gguf"))).tokenizer
    # As GPT-2 cuts, the two line breaks would part before the digits.
    assert tokenizer.tokenize("he\n\n11<|im_end|>") == ["he", "ĊĊ", "1", "1", "<|im_end|>"]
    assert tokenizer.apply_chat_template([{"role": "user", "content": "he"}], tokenize=False) == (
        "<|im_start|>he<|im_end|>"
    )


def test_what_is_not_known_is_refused(network: LlamaForCausalLM, tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    write(path, network, cut="chameleon")
    with pytest.raises(ModelError, match=r"tiny\.gguf: this GGUF file cuts texts .*\(gpt2 chameleon\)"):
        resolve(str(path))
    write(path, network, architecture="plamo")
    with pytest.raises(ModelError, match=r"an architecture that is not known here \(plamo\)"):
        resolve(str(path))
    path.write_bytes(b"GGUF" + b"\xff" * 40)
    with pytest.raises(ModelError, match=r"tiny\.gguf: this GGUF file cannot be read"):
        resolve(str(path))
    assert not list(Path(tmp_path / "afina-cache" / "packages").glob("*"))


@pytest.mark.model
class TestSmolLM2:
    """The default language model, as it comes from its package."""

    def test_what_it_is(self) -> None:
        loaded = load(Model(name="smollm2-135m"))
        assert (loaded.name, loaded.licence, loaded.pooling) == ("smollm2-135m", "Apache-2.0", "last")
        assert loaded.fingerprint == "a672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd"
        assert sum(p.numel() for p in loaded.trunk.parameters()) == 134_515_008
        assert len(loaded.tokenizer) == 49_152

    def test_texts_come_back_and_digits_stand_alone(self) -> None:
        tokenizer = load(Model(name="smollm2-135m")).tokenizer
        for text in (
            "El niño comió 25 manzanas.\n\n  ¿Qué?",
            " a\tb",
            "日本🎉",
            "<|im_start|>user\nhi<|im_end|>\n",
        ):
            assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
        assert tokenizer.tokenize("in\n\n1945") == ["in", "ĊĊ", "1", "9", "4", "5"]

    def test_it_knows_what_it_was_taught(self) -> None:
        loaded = load(Model(name="smollm2-135m"))
        network = AutoModelForCausalLM.from_pretrained(resolve("smollm2-135m").folder, dtype=torch.float32)
        ids = loaded.tokenizer("The capital of France is", return_tensors="pt")["input_ids"]
        with torch.no_grad():
            assert loaded.tokenizer.decode(network(ids).logits[0, -1].argmax()) == " Paris"
